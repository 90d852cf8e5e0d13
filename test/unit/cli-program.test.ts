import { execFileSync } from 'node:child_process';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addCommands } from '../../src/cli/lazy-commands.js';
import { packageRoot } from '../../src/config/package-root.js';

test('only the commands that are named are imported; the others are lines of the help all the same', async () => {
  const imported: string[] = [];
  const command = (name: string) => ({
    description: `does ${name}`,
    load: async () => {
      imported.push(name);
      return (to: Command) => to.option('--loud', 'say it loudly');
    },
  });
  const program = new Command('words');
  const commands = { hail: command('hail'), part: command('part'), sing: command('sing') };
  await addCommands(program, ['help', 'sing', '--loud'], commands);
  expect(imported).toEqual(['sing']);
  for (const name of Object.keys(commands))
    expect(program.helpInformation()).toContain(`${name}            does ${name}`);
});

/** Every command there is, as it is listed and as commander would list it itself; imported as it was built, at once. */
const SCRIPT = `
  import { Help } from 'commander';
  import { saldoProgram } from './dist/src/cli/program.js';
  const names = ({ commands }) => commands.map((command) => command.name());
  const groups = ({ commands }) => commands.filter((command) => ['audit', 'fraud'].includes(command.name()));
  const listed = await saldoProgram(['audit', 'fraud']);
  const words = [...names(listed), ...groups(listed).flatMap(names)];
  const program = await saldoProgram(words);
  const all = [program, ...groups(program)].flatMap((group) =>
    group.commands.map((command) => ({
      listed: group.createHelp().subcommandTerm(command),
      takes: new Help().subcommandTerm(command),
      filled: command.options.length + command.commands.length > 0 || command.registeredArguments.length > 0,
    })),
  );
  console.log(JSON.stringify({ words, all }));`;

test('every command is listed with what it takes, and its module fills it', () => {
  const script = ['--input-type=module', '-e', SCRIPT];
  const told = execFileSync(process.execPath, script, { cwd: packageRoot(), encoding: 'utf8' });
  const { words, all } = JSON.parse(told) as {
    words: string[];
    all: { listed: string; takes: string; filled: boolean }[];
  };
  expect(words).toContain('trial-balance');
  expect(all).toHaveLength(words.length);
  for (const { listed, takes, filled } of all) {
    expect(listed).toBe(takes);
    expect(filled, listed).toBe(true);
  }
});

/** The help of every command, down to the last. */
const HELPS = `
  import { saldoProgram } from './dist/src/cli/program.js';
  const names = ({ commands }) => commands.map((command) => command.name());
  const outer = names(await saldoProgram([]));
  const inner = (await saldoProgram(outer)).commands.flatMap(names);
  const program = await saldoProgram([...outer, ...inner]);
  const helps = {};
  const walk = (command, path) => {
    let text = '';
    command.configureOutput({ writeOut: (part) => { text += part; }, getOutHelpWidth: () => 80 });
    command.outputHelp();
    helps[path] = text;
    for (const one of command.commands) walk(one, path + ' ' + one.name());
  };
  walk(program, 'saldo');
  console.log(JSON.stringify(helps));`;

test('the help of every command fits a terminal of 80 columns, and says what must be given', () => {
  const told = execFileSync(process.execPath, ['--input-type=module', '-e', HELPS], {
    cwd: packageRoot(),
    encoding: 'utf8',
    env: { ...process.env, SALDO_DIR: '.saldo' },
  });
  const helps = JSON.parse(told) as Record<string, string>;
  expect(Object.keys(helps)).toContain('saldo schedule cancel');
  const wide = Object.entries(helps).flatMap(([path, text]) =>
    text.split('\n').flatMap((line) => (line.length > 80 ? [`${path}: ${line}`] : [])),
  );
  expect(wide).toEqual([]);
  expect(helps['saldo audit export']).toContain('must be empty or not there (required)');
  expect(helps['saldo audit export']).not.toContain('(default: false)');
});
