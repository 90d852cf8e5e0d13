import { Command } from 'commander';
import { packageVersion } from '../config/package-root.js';
import { addCommands } from './lazy-commands.js';

/** `saldo`, with what the words of a command line ask for. */
export async function saldoProgram(words: readonly string[]): Promise<Command> {
  const program = new Command('saldo')
    .description(
      'A distributed payment ledger: sharded Postgres, Temporal sagas, a Kafka journal anyone can verify.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .showHelpAfterError('(saldo --help tells more)')
    .showSuggestionAfterError();
  await addCommands(program, words, {
    start: {
      takes: '[options]',
      description:
        'run everything in this terminal: the servers and one node with all roles; Ctrl-C drains and stops it',
      load: async () => (await import('./start.js')).startCommand,
    },
    node: {
      takes: '[options]',
      description: 'run one node against running servers; any number of nodes, each with any roles',
      load: async () => (await import('./node.js')).nodeCommand,
    },
    stack: {
      description:
        'start and stop Postgres shards, a Kafka broker and a Temporal server on this machine, without Docker',
      load: async () => (await import('./stack.js')).stackCommand,
    },
    audit: {
      description: 'prove the books from the journal',
      load: async () => (await import('./audit.js')).auditCommand,
    },
    saga: {
      description: 'look at transfers across shards, and act on them',
      load: async () => (await import('./saga.js')).sagaCommand,
    },
    review: {
      description: 'look at transfers that wait for a person, and decide about them',
      load: async () => (await import('./review.js')).reviewCommand,
    },
    schedule: {
      description: 'look at schedules and transfers asked for in advance, and cancel them',
      load: async () => (await import('./schedule.js')).scheduleCommand,
    },
    fraud: {
      description: 'watch what accounts do, by rules of your own',
      load: async () => (await import('./fraud.js')).fraudCommand,
    },
    keys: {
      description: 'make and replace the keys that sign checkpoints',
      load: async () => (await import('./keys.js')).keysCommand,
    },
    demo: {
      takes: '[options]',
      description:
        "post nine months of a real bank's transactions over two nodes, kill both on the way, prove the balances",
      load: async () => (await import('./demo.js')).demoCommand,
    },
  });
  return program;
}
