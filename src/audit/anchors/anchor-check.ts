import { DivergenceError } from '../divergence.js';
import type { CheckpointData } from '../journal-event.js';
import { type AnchoredCheckpoint, type AnchorTable, anchorAt } from './anchor-table.js';
import { comparable } from './read-anchors.js';

/** How one shard's journal agrees with what was anchored of it. */
export interface AnchoredReport {
  readonly places: number;
  /** Checkpoints that are in the journal as they were anchored, in one place at least. */
  readonly agreed: number;
  /** Anchors of what comes after the journal's end, where it is an archive's. */
  readonly later: number;
}

const WHATS: readonly (readonly [keyof AnchoredCheckpoint, string])[] = [
  ['hash', 'hash'],
  ['root', 'Merkle root'],
  ['first', 'first event'],
  ['last', 'last event'],
  ['sequence', 'sequence'],
  ['digest', 'SHA-256 of text and signature'],
];

/** Compares one shard's checkpoints, as its journal has them, with its anchors. */
export class AnchorCheck {
  private number = 0;
  private agreed = 0;
  private later = 0;

  constructor(
    private readonly shard: number,
    private readonly tables: readonly AnchorTable[],
  ) {}

  /** Takes the journal's next checkpoint. Throws DivergenceError where it is anchored otherwise. */
  see(sequence: number, checkpoint: CheckpointData, signature: string | undefined): void {
    this.number = checkpoint.number;
    const found = comparable(sequence, checkpoint, signature);
    let agrees = 0;
    for (const table of this.tables) {
      const anchored = anchorAt(table, checkpoint.number);
      if (anchored === undefined) continue;
      agrees = 1;
      for (const [name, what] of WHATS) {
        if (anchored[name] === found[name]) continue;
        this.fail(table, checkpoint.number, anchored, [`${what} of`, anchored[name], found[name]]);
      }
    }
    this.agreed += agrees;
  }

  /** After the journal's event `upTo`: every anchor up to there was in it. Throws DivergenceError. */
  finish(upTo: number): void {
    for (const table of this.tables) {
      const next = anchorAt(table, this.number + 1);
      if (next !== undefined && next.sequence <= upTo) {
        this.fail(table, this.number + 1, next, ['', 'in the journal as it is anchored', 'none']);
      }
      this.later = Math.max(this.later, table.count - this.number);
    }
  }

  report(): AnchoredReport {
    const { tables, agreed, later } = this;
    return { places: tables.length, agreed, later };
  }

  private fail(
    { place }: AnchorTable,
    number: number,
    { sequence, first, last }: AnchoredCheckpoint,
    [what, expected, found]: readonly [string, unknown, unknown],
  ): never {
    throw new DivergenceError({
      shard: this.shard,
      seq: sequence,
      what: `${what} checkpoint ${number} (events ${first} to ${last}), anchored in ${place}`.trimStart(),
      expected: String(expected),
      found: String(found),
    });
  }
}
