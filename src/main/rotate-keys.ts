import type { Signer } from '../journal/signing-key.js';
import { atShard } from '../routing/shard-map.js';
import { readSigning } from '../storage/statements/read-signing.js';
import { type OperatorOptions, openDatabases } from './operator-databases.js';

/** What became of one shard: the key signs it now, or it did already. */
export interface Rotated {
  readonly shard: number;
  readonly done: 'now' | 'before';
  /** The event that says so. */
  readonly event: string;
}

/**
 * Lets a key take over in every shard, whether or not a node runs. `from`: the key that signs now, which vouches for the
 * new one; undefined where it was lost. May be repeated until every shard has it.
 */
export async function rotateKeys(
  options: OperatorOptions,
  { from, to, actor }: { readonly from: Signer | undefined; readonly to: Signer; readonly actor: string },
): Promise<Rotated[]> {
  const { facts, pools, writer: writerOf, close } = await openDatabases(options);
  const { cluster } = options;
  try {
    const rotated: Rotated[] = [];
    for (const shard of facts.map.shards) {
      const current = (await readSigning(atShard(pools, shard))).keys.at(-1);
      if (
        current !== undefined &&
        current.id !== to.key.id &&
        from !== undefined &&
        current.id !== from.key.id
      ) {
        throw new Error(`${current.id} signs shard ${shard}, not ${from.key.id}`);
      }
      const signingKey = { cluster, shard, ...to.key, previous: current?.id ?? null };
      const signature = to.sign('signing_key', signingKey);
      const vouched =
        from === undefined || current?.id !== from.key.id
          ? {}
          : { voucher: from.sign('signing_key', signingKey) };
      const writer = writerOf(shard);
      try {
        const command = { kind: 'add_signing_key', signingKey, signature, ...vouched } as const;
        const outcome = await writer.submit(command, { actor });
        if (outcome.kind === 'refused') {
          throw new Error(`shard ${shard} refuses ${to.key.id}: it signed before, and was replaced`);
        }
        const { seq, replayed } = outcome;
        rotated.push({ shard, done: replayed ? 'before' : 'now', event: `${shard}-${seq}` });
      } finally {
        await writer.close();
      }
    }
    return rotated;
  } finally {
    await close();
  }
}
