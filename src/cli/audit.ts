import type { Command } from 'commander';
import { badOptionsAreTwo } from './command-line.js';
import { addCommands } from './lazy-commands.js';

/** `saldo audit`: proves the books from the journal. Each command has a file of its own in `audit/`. */
export async function auditCommand(audit: Command, words: readonly string[]): Promise<void> {
  await addCommands(badOptionsAreTwo(audit), words, {
    replay: {
      takes: '[options]',
      description: 'read the whole journal, check every rule, rebuild all balances, compare every shard',
      load: async () => (await import('./audit/replay.js')).replayCommand,
    },
    export: {
      takes: '[options]',
      description:
        'write the journal, as Kafka has it now, to a folder that can be verified without any server',
      load: async () => (await import('./audit/export.js')).exportCommand,
    },
    verify: {
      takes: '[options] <archive>',
      description:
        'check an archive without any server: its files, and the sequence, chain and signatures of each shard',
      load: async () => (await import('./audit/verify.js')).verifyCommand,
    },
    balance: {
      takes: '[options] <account>',
      description:
        "an account's balance as of a moment, rebuilt from the journal alone with every rule checked",
      load: async () => (await import('./audit/balance.js')).balanceCommand,
    },
    'trial-balance': {
      takes: '[options]',
      description:
        'what is posted as of a moment, by tenant and asset, rebuilt from the journal alone with every rule checked',
      load: async () => (await import('./audit/trial-balance.js')).trialBalanceCommand,
    },
    reconcile: {
      takes: '[options] <statement>',
      description:
        "match an outside statement (CSV, ISO 20022 camt.053) with an account's entries in the journal",
      load: async () => (await import('./audit/reconcile.js')).reconcileCommand,
    },
    diff: {
      takes: '[options] <a> <b>',
      description:
        'compare two archives: the first event that differs, shard by shard, or which one is the beginning of the other',
      load: async () => (await import('./audit/diff.js')).diffCommand,
    },
    prove: {
      takes: '[options] <transfer>',
      description: 'write a small file that shows a transfer to be in the signed journal, and no other event',
      load: async () => (await import('./audit/prove.js')).proveCommand,
    },
    'verify-proof': {
      takes: '[options] <file>',
      description: 'check a proof made by "saldo audit prove", without any server or journal',
      load: async () => (await import('./audit/verify-proof.js')).verifyProofCommand,
    },
    dump: {
      takes: '[options]',
      description:
        "write one shard's events to standard output, one a line, for other verifiers; ends when nothing more comes",
      load: async () => (await import('./audit/dump.js')).dumpCommand,
    },
  });
  for (const command of audit.commands) badOptionsAreTwo(command);
}
