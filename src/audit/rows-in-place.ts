import type { Divergence } from './divergence.js';
import type { ShardBooks } from './shard-books.js';
import type { IdRow, ShardSnapshot } from './shard-snapshot.js';

type Unlike = Omit<Divergence, 'shard'>;

/**
 * The rows of the tables that change in place, as the journal must have left them: each is there once, and no other. Returns
 * the first that is not. `intents`: the rows of transfers that the shard coordinates and that have not ended.
 */
export async function rowsInPlaceUnlike(
  snapshot: ShardSnapshot,
  books: ShardBooks,
  intents: Iterable<readonly [string, string]>,
): Promise<Unlike | undefined> {
  const accounts = firstUnlike(accountRows(books), await snapshot.accounts());
  if (accounts !== undefined) {
    const { id, expected, found } = accounts;
    return { account: id, what: 'attributes of the account', expected, found };
  }
  const tenants = [...books.tenants].map(([id, { placement, seq }]) => [id, `${placement} ${seq}`] as const);
  for (const [what, expected, found] of [
    ['tenant', tenants, await snapshot.tenants()],
    ['open hold', books.holds.expiring(), await snapshot.openHolds()],
    ['open review', books.reviews.rows(), await snapshot.openReviews()],
    ['schedule', books.schedules.rows(), await snapshot.schedules()],
    ['open intent of', intents, await snapshot.openIntents()],
  ] as const) {
    const unlike = firstUnlike(expected, found);
    if (unlike !== undefined)
      return { what: `${what} ${unlike.id}`, expected: unlike.expected, found: unlike.found };
  }
  return undefined;
}

/** As `ShardSnapshot.accounts` writes them. */
function accountRows({ accounts }: ShardBooks): [string, string][] {
  return [...accounts].map(([id, a]) => [
    id,
    [
      a.tenant,
      a.asset,
      a.kind,
      a.min ?? 'none',
      a.max ?? 'none',
      a.peer ?? 'none',
      a.status,
      a.kind === 'in_transit' ? 'none' : Number.parseInt(id.slice(4, 7), 16),
      a.seq,
      a.reviewDebits ? 'review' : 'free',
      JSON.stringify(a.reference === '' ? null : a.reference),
      a.metadata,
    ].join(' '),
  ]);
}

function firstUnlike(
  expected: Iterable<readonly [string, string]>,
  found: readonly IdRow[],
): { readonly id: string; readonly expected: string; readonly found: string } | undefined {
  const rows = new Map<string, string[]>();
  for (const { id, row } of found) {
    const others = rows.get(id);
    if (others === undefined) rows.set(id, [row]);
    else others.push(row);
  }
  for (const [id, row] of expected) {
    const theirs = rows.get(id) ?? [];
    rows.delete(id);
    if (theirs.length === 1 && theirs[0] === row) continue;
    return { id, expected: row, found: theirs.join(' and ') || 'none' };
  }
  const [extra] = rows;
  return extra === undefined ? undefined : { id: extra[0], expected: 'none', found: extra[1].join(' and ') };
}
