import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { readNodeConfig } from '../config/node-config.js';
import { defaultStackDir } from '../config/stack-env.js';
import { publicPem, Signer } from '../journal/signing-key.js';
import { rotateKeys } from '../main/rotate-keys.js';
import { makeKeyFiles } from '../main/signing-key-file.js';
import { addressesIn, badOptionsAreTwo, NOT_DONE, print } from './command-line.js';
import { sentence } from './sentence.js';

interface RotateOptions {
  readonly from?: string;
  readonly lost: boolean;
  readonly to: string;
  readonly dir: string;
  readonly cluster: string;
  readonly json: boolean;
}

/** `saldo keys`: the keys that sign checkpoints. */
export function keysCommand(keys: Command): void {
  badOptionsAreTwo(keys);
  keys
    .command('new')
    .description('make an Ed25519 key: the secret in a file for its owner only, the public half in another')
    .argument(
      '<file>',
      'of the secret (PKCS#8 PEM); the public half goes to <file>.pub; nothing is overwritten',
    )
    .action(sentence(async (file: string) => makeNew(file), NOT_DONE));
  keys
    .command('show')
    .description('print the public half of a key, which auditors trust')
    .argument('<file>', 'of the secret')
    .action(sentence(async (file: string) => void process.stdout.write(publicPem(signerIn(file))), NOT_DONE));
  keys
    .command('rotate')
    .description('let a new key sign every shard from here on; the one before vouches for it in the journal')
    .requiredOption('--to <file>', 'the new secret')
    .option('--from <file>', 'the secret that signs now')
    .option('--lost', 'that secret is lost: auditors will have to trust the new key by itself', false)
    .option('--dir <folder>', "the stack's folder, to find its servers", defaultStackDir())
    .option('--cluster <name>', "the cluster's name", readNodeConfig().cluster)
    .option('--json', 'what became of each shard as JSON on stdout', false)
    .addHelpText(
      'after',
      `
Nodes that still have the old key go on with everything but checkpoints: give
them the new one (SALDO_SIGNING_KEY_FILE) and start them again. A key that was
replaced never comes back. What was interrupted can be repeated.`,
    )
    .action(sentence(rotate, NOT_DONE));
}

function makeNew(file: string): void {
  const publicFile = `${file}.pub`;
  if (existsSync(file) || existsSync(publicFile) || !makeKeyFiles(file, publicFile)) {
    throw new Error(`${file} or ${publicFile} is there already: a key is never overwritten`);
  }
  process.stdout.write(`${signerIn(file).key.id}\n  secret  ${file}\n  public  ${publicFile}\n`);
}

async function rotate({ from, lost, to, dir, cluster, json }: RotateOptions): Promise<void> {
  if ((from === undefined) !== lost) throw new Error('say --from with the key that signs now, or --lost');
  const { shardUrls, controlUrl } = addressesIn(dir);
  const rotated = await rotateKeys(
    { cluster, shardUrls, controlUrl },
    {
      from: from === undefined ? undefined : signerIn(from),
      to: signerIn(to),
      actor: `operator:${userInfo().username}`,
    },
  );
  const line = ({ shard, done, event }: (typeof rotated)[number]): string =>
    `shard ${shard}: ${signerIn(to).key.id} signs ${done === 'now' ? 'from here on' : 'already'} (event ${event})`;
  print(json, rotated, () => `${rotated.map(line).join('\n')}\n`);
}

function signerIn(file: string): Signer {
  const text = readFileSync(file, 'utf8');
  try {
    return new Signer(text);
  } catch (cause) {
    throw new Error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
