import { Command, Help, type HelpConfiguration } from 'commander';

/** A command of which only a line of the help is there until somebody asks for it. */
export interface LazyCommand {
  /** What follows the name in the list of commands: `[options]` and the arguments, as commander would tell them. */
  readonly takes?: string;
  readonly description: string;
  /** Imports what gives the command its options, its action or commands of its own. */
  readonly load: () => Promise<Fill>;
}

/** As commander tells options, without defaults that say nothing, and with what has to be given. */
const HELP: HelpConfiguration = {
  optionDescription: (option) => {
    const text = new Help().optionDescription(option).replace(/ \(default: (false|\{\})\)$/, '');
    return option.mandatory ? `${text} (required)` : text;
  },
};

export type Fill = (command: Command, words: readonly string[]) => unknown;

/**
 * Gives a command those commands, by name. Importing all of them costs more than most of them do, so only those whose
 * name is among the words of the command line are imported: the one that runs, or that help is asked about. A word
 * that means something else imports one too many, which does no harm.
 */
export async function addCommands(
  to: Command,
  words: readonly string[],
  commands: Readonly<Record<string, LazyCommand>>,
): Promise<void> {
  to.configureHelp({
    ...HELP,
    subcommandTerm: (command) => {
      const takes = command.name() === 'help' ? '[command]' : commands[command.name()]?.takes;
      return takes === undefined ? command.name() : `${command.name()} ${takes}`;
    },
  });
  for (const [name, { description, load }] of Object.entries(commands)) {
    const command = new Command(name).description(description).configureHelp(HELP);
    to.addCommand(command);
    command.showHelpAfterError(`(${pathOf(command)} --help tells more)`);
    if (words.includes(name)) {
      const fill = await load();
      await fill(command, words);
    }
  }
}

/** `saldo audit replay`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
