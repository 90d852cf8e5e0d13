import type { CheckpointStatement } from '../../../src/domain/checkpoint.js';
import type { AddSigningKey, SignCheckpoint } from '../../../src/domain/command.js';
import { SHARD } from '../ledger-commands.js';

/** Who signs, and what was signed. */
export class NaiveSigning {
  private readonly keys: string[] = [];
  private readonly signed: CheckpointStatement[] = [];

  add({ signingKey: { id, previous, shard } }: AddSigningKey): string {
    const [current = null] = this.keys.slice(-1);
    if (id === current) return 'again:done';
    if (this.keys.includes(id) || previous !== current || shard !== SHARD) {
      return 'refused:signing_key_not_current';
    }
    this.keys.push(id);
    return 'done';
  }

  /** `events`: how many the shard has. */
  sign({ checkpoint }: SignCheckpoint, events: number): string {
    const { number, first, last, root, key, shard } = checkpoint;
    const latest = this.signed.at(-1);
    if (
      latest !== undefined &&
      [latest.number, latest.last, latest.root].join() === [number, last, root].join()
    )
      return 'again:done';
    if (key !== this.keys.at(-1)) return 'refused:signing_key_not_current';
    const wrong =
      number !== this.signed.length + 1 ||
      first <= (latest?.last ?? 0) ||
      last > events ||
      last < first ||
      last - first + 1 > 10_000 ||
      events + 1 - first > 100_000 ||
      shard !== SHARD;
    if (wrong) return 'refused:checkpoint_out_of_order';
    this.signed.push(checkpoint);
    return 'done';
  }
}
