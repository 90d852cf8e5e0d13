import type { SumQuery, TimeRange, TransferQuery } from '../../search/requests.js';
import type { TransferKind, TransferStatus } from '../../search/views.js';
import { problem } from '../problem.js';
import { accountIdIn } from './accounts.js';
import { assetIn } from './amounts.js';
import { limitIn } from './limit.js';
import { instantIn } from './times.js';

interface PageQuery {
  readonly cursor?: string;
  readonly limit?: string;
}
/** Query strings as the schemas let them through. */
export interface TransfersQuery extends PageQuery {
  readonly reference?: string;
  readonly account?: string;
  readonly status?: TransferStatus;
  readonly kind?: TransferKind;
  readonly created_from?: string;
  readonly created_to?: string;
  readonly effective_from?: string;
  readonly effective_to?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}
export interface SumsQuery extends PageQuery {
  readonly reference_prefix: string;
  readonly asset?: string;
}

export function transferQuery(query: TransfersQuery): TransferQuery {
  const { reference, account, status, kind, metadata } = query;
  const created = rangeIn(query, 'created_from', 'created_to');
  const effective = rangeIn(query, 'effective_from', 'effective_to');
  return {
    ...pageIn(query),
    ...(reference === undefined ? {} : { reference }),
    ...(account === undefined ? {} : { account: accountIdIn(account) }),
    ...(status === undefined ? {} : { status }),
    ...(kind === undefined ? {} : { kind }),
    ...(created === undefined ? {} : { created }),
    ...(effective === undefined ? {} : { effective }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

export const sumQuery = (query: SumsQuery): SumQuery => ({
  ...pageIn(query),
  prefix: query.reference_prefix,
  ...(query.asset === undefined ? {} : { asset: assetIn(query.asset, 'asset') }),
});

function pageIn({ cursor, limit }: PageQuery): { cursor?: string; limit?: number } {
  return {
    ...(cursor === undefined ? {} : { cursor }),
    ...(limit === undefined ? {} : { limit: limitIn(limit) }),
  };
}

type TimeField = 'created_from' | 'created_to' | 'effective_from' | 'effective_to';

function rangeIn(query: TransfersQuery, first: TimeField, last: TimeField): TimeRange | undefined {
  const [from, to] = [query[first], query[last]];
  if (from === undefined && to === undefined) return undefined;
  const range: TimeRange = {
    ...(from === undefined ? {} : { from: instantIn(from, first) }),
    ...(to === undefined ? {} : { to: instantIn(to, last) }),
  };
  if (range.from !== undefined && range.to !== undefined && range.from > range.to)
    throw problem('invalid_request', { field: last, detail: `"${last}" is before "${first}".` });
  return range;
}
