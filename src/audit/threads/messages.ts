import type { AnchorTable } from '../anchors/anchor-table.js';
import type { TrustedKeys } from '../checkpoints/signatures.js';
import type { Divergence } from '../divergence.js';
import type { EventLines } from '../event-lines.js';
import type { MarkFaults } from '../marks/check-marks.js';
import type { WrittenMarks } from '../marks/mark-writer.js';
import type { ShardOutcome } from '../shard-audit.js';
import type { AuditedAccount } from '../shard-books.js';

/** What one thread is to audit of one shard. */
export interface ShardJob {
  readonly shard: number;
  /** The last event that is wanted; infinite where all is wanted that the source has. */
  readonly upTo: number;
  /** There must be as many events, or it is waited for them. */
  readonly least: number;
  readonly until?: string;
  readonly folder: string;
  readonly trust?: TrustedKeys;
  /** Of this shard. */
  readonly anchors?: readonly AnchorTable[];
  /** The accounts are wanted at the end, too. */
  readonly withAccounts: boolean;
}

export type ToThread =
  | { readonly kind: 'open'; readonly job: ShardJob }
  | { readonly kind: 'lines'; readonly shard: number; readonly lines: EventLines }
  /** All that is wanted was handed over. */
  | { readonly kind: 'finish'; readonly shard: number }
  | { readonly kind: 'end'; readonly shard: number }
  /** After the end of every shard. */
  | { readonly kind: 'marks'; readonly written: readonly WrittenMarks[] };

export type FromThread =
  | {
      readonly kind: 'taken';
      readonly shard: number;
      readonly seq: number;
      /** All that was asked for has been read, or nothing after this can be judged. */
      readonly done: boolean;
      readonly divergence?: Divergence;
    }
  | {
      readonly kind: 'ended';
      readonly shard: number;
      readonly outcome: ShardOutcome;
      readonly accounts: ReadonlyMap<string, AuditedAccount>;
    }
  | { readonly kind: 'marked'; readonly faults: MarkFaults }
  /** Shard -1: while the marks were checked. */
  | { readonly kind: 'broken'; readonly shard: number; readonly message: string };

export type FromShard = Exclude<FromThread, { readonly kind: 'marked' }>;
