import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { readManifest } from '../../audit/archive/manifest.js';
import { archiveProofSource } from '../../audit/proof/archive-proof-source.js';
import type { ProofFile } from '../../audit/proof/proof-file.js';
import { prove } from '../../audit/proof/prove.js';
import { shardsProofSource } from '../../audit/proof/shards-proof-source.js';
import { defaultStackDir } from '../../config/stack-env.js';
import { addressesIn, print } from '../command-line.js';
import { acting, EXIT_STATUS, type Progress } from './acting.js';

interface ProveOptions {
  readonly out?: string;
  readonly archive?: string;
  readonly dir: string;
  readonly json: boolean;
}

/** `saldo audit prove`. */
export function proveCommand(command: Command): void {
  command
    .argument('<transfer>', 'a transfer (tr_…), or one event (0-42)', subject)
    .option('--out <file>', 'where to; proof-<transfer>.json if not said')
    .option('--archive <folder>', 'from an archive, which is read through; no server is needed')
    .option('--dir <folder>', "the stack's folder, to find its shards", defaultStackDir())
    .option('--json', 'the proof on stdout, and no file unless --out names one', false)
    .addHelpText(
      'after',
      `
The file holds the events of the transfer in every shard, the path of each to
the root of the checkpoint that covers it, the checkpoint with its signature,
and the shard's signing keys. "saldo audit verify-proof" checks it without any
server.
${EXIT_STATUS}`,
    )
    .action(acting('reading', runProve));
}

async function runProve(progress: Progress, of: string, options: ProveOptions): Promise<boolean> {
  const { out, archive, dir, json } = options;
  const proof = await (archive === undefined
    ? fromShards(of, dir)
    : prove(of, archiveProofSource(archive, await readManifest(archive), progress)));
  const text = `${JSON.stringify(proof, null, 1)}\n`;
  const file = out ?? (json ? undefined : `proof-${of}.json`);
  if (file !== undefined) writeFileSync(file, text);
  print(json, proof, () => `${file}: ${summary(proof)}, ${text.length} bytes\n`);
  return true;
}

async function fromShards(of: string, dir: string): Promise<ProofFile> {
  const source = shardsProofSource(addressesIn(dir).shardUrls);
  try {
    return await prove(of, source);
  } finally {
    await source.close();
  }
}

function summary({ shards }: ProofFile): string {
  return shards
    .map(({ shard, events, checkpoints }) => {
      const [many, numbers] = [events.length, checkpoints.map(({ checkpoint }) => checkpoint.number)];
      return `${many} event${many === 1 ? '' : 's'} of shard ${shard} in checkpoint ${numbers.join(' and ')}`;
    })
    .join(', ');
}

function subject(text: string): string {
  if (/^tr_[0-9a-f]{32}$/.test(text) || /^\d{1,4}-[1-9]\d{0,14}$/.test(text)) return text;
  throw new InvalidArgumentError('A transfer (tr_ and 32 hexadecimal digits) or an event (0-42).');
}
