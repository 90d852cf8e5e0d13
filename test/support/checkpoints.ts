import { Checkpointer, type CheckpointerOptions } from '../../src/checkpoints/checkpointer.js';
import { newSigningKey, Signer } from '../../src/journal/signing-key.js';
import { Barrier } from '../../src/storage/barrier.js';
import type { TestShards } from './cluster.js';

/** One that signs whenever anything happened, unless told otherwise, and keeps what it complains about. */
export function checkpointerOn(
  shards: TestShards,
  shard: number,
  options: Partial<CheckpointerOptions> = {},
): { checkpointer: Checkpointer; signer: Signer; warnings: string[]; errors: unknown[] } {
  const warnings: string[] = [];
  const errors: unknown[] = [];
  const signer = options.signer ?? new Signer(newSigningKey());
  const pool = shards.posting(shard);
  const checkpointer = new Checkpointer({
    shard,
    cluster: shards.name,
    router: shards.router(),
    pool,
    barrier: new Barrier(pool),
    maxEvents: 10_000,
    everyMs: 0,
    onError: (error) => errors.push(error),
    onWarning: (message) => warnings.push(message),
    ...options,
    signer,
  });
  return { checkpointer, signer, warnings, errors };
}
