import type { Asset } from '../domain/asset.js';
import type { AccountId } from '../domain/ids.js';
import type { TransferKind, TransferStatus } from './views.js';

/** RFC 3339; both ends belong to it. */
export interface TimeRange {
  readonly from?: string;
  readonly to?: string;
}

/** All that is given must hold; nothing given finds every transfer. */
export interface TransferQuery {
  readonly reference?: string;
  /** On either side of a leg. */
  readonly account?: AccountId;
  readonly status?: TransferStatus;
  readonly kind?: TransferKind;
  /** When it was created: what pages are ordered by. */
  readonly created?: TimeRange;
  readonly effective?: TimeRange;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly cursor?: string;
  /** 1 to 1,000; 100 unless told otherwise. */
  readonly limit?: number;
}

export interface SumQuery {
  /** What the accounts' references begin with: `merchants:acme:`. Empty: every account that has a reference. */
  readonly prefix: string;
  readonly asset?: Asset;
  readonly cursor?: string;
  readonly limit?: number;
}
