import type pg from 'pg';
import { balanceOf } from '../domain/account.js';
import type { LedgerEvent } from '../domain/event.js';
import type { AccountId, TenantId, TransferId } from '../domain/ids.js';
import { decodeEvent } from '../journal/decode.js';
import { readHead } from '../storage/statements/read-head.js';
import { readHistory } from '../storage/statements/read-history.js';
import {
  type InTransitRow,
  readAllOpenIntents,
  readInTransit,
  readPostedSince,
} from '../storage/statements/read-saga-snapshot.js';
import { withClient } from '../storage/with-client.js';
import { type OpenSaga, openSagaOf, type ShardHistory } from './open-saga.js';

/** What one tenant has between two shards in one asset, minor units. */
export interface PairInDoubt {
  readonly tenant: TenantId;
  /** The lower number first. */
  readonly shards: readonly [number, number];
  readonly asset: string;
  /** Amounts of legs that are tried and not decided. */
  readonly undecided: bigint;
  /** Amounts of legs that are decided and not yet posted on both sides. */
  readonly inTransit: bigint;
  /** What the two in-transit accounts add up to: zero when nothing is on its way. */
  readonly difference: bigint;
  /** The difference that the transfers on their way make up. Anything else is a fault in the books. */
  readonly explained: bigint;
}

export interface InDoubt {
  readonly sagas: readonly OpenSaga[];
  readonly pairs: readonly PairInDoubt[];
  /** Shards that did not answer: nothing is said of them or of the pairs they are in. */
  readonly unreachable: readonly number[];
}

interface Snapshot {
  readonly shard: number;
  readonly inTransit: readonly InTransitRow[];
  readonly history: ShardHistory;
}

/**
 * What is undecided and what is in transit, from one snapshot per shard. A transfer that is posted in one snapshot and
 * not in another is either still open at its coordinator's, or was posted somewhere after the first look at the heads:
 * the coordinator confirms last, so what it had confirmed by then is posted in every snapshot. Only those can make a
 * difference between a pair's accounts.
 */
export async function readInDoubt(pools: ReadonlyMap<number, pg.Pool>): Promise<InDoubt> {
  const heads = new Map<number, number>();
  const unreachable: number[] = [];
  await Promise.all(
    [...pools].map(async ([shard, pool]) => {
      const head = await readHead(pool).catch(() => undefined);
      if (head === undefined) unreachable.push(shard);
      else heads.set(shard, head.seq);
    }),
  );
  const reachable = [...pools].filter(([shard]) => heads.has(shard)).sort(([a], [b]) => a - b);
  return inSnapshots(reachable, [], async (clients) => {
    const parts = await Promise.all(
      clients.map(async ([shard, db]) => {
        // One after the other: a connection runs one statement at a time.
        const inTransit = await readInTransit(db);
        const open = await readAllOpenIntents(db);
        return { shard, db, inTransit, open, posted: await readPostedSince(db, heads.get(shard) ?? 0) };
      }),
    );
    const open = parts.flatMap((part) => part.open);
    const wanted = [...new Set([...open, ...parts.flatMap(({ posted }) => posted)])];
    const snapshots = await Promise.all(
      parts.map(async ({ shard, db, inTransit }): Promise<Snapshot> => {
        const rows = wanted.length === 0 ? [] : await readHistory(db, wanted);
        return { shard, inTransit, history: byTransfer(wanted, rows) };
      }),
    );
    return inDoubtOf(open, snapshots, unreachable);
  });
}

async function inSnapshots<T>(
  [next, ...rest]: readonly (readonly [number, pg.Pool])[],
  clients: readonly (readonly [number, pg.PoolClient])[],
  work: (clients: readonly (readonly [number, pg.PoolClient])[]) => Promise<T>,
): Promise<T> {
  if (next === undefined) return work(clients);
  const [shard, pool] = next;
  return withClient(pool, async (client) => {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const result = await inSnapshots(rest, [...clients, [shard, client]], work);
    await client.query('COMMIT');
    return result;
  });
}

/** Of these transfers alone: a history also tells of later operations on them. */
export function byTransfer(
  transfers: readonly TransferId[],
  rows: readonly { readonly body: string }[],
): ShardHistory {
  const history = new Map(transfers.map((id): [TransferId, ReturnType<typeof decodeEvent>[]] => [id, []]));
  for (const { body } of rows) {
    const one = decodeEvent(body);
    if ('transfer' in one.event) history.get(one.event.transfer)?.push(one);
  }
  return history;
}

function inDoubtOf(
  open: readonly TransferId[],
  snapshots: readonly Snapshot[],
  unreachable: readonly number[],
): InDoubt {
  const histories = new Map(snapshots.map(({ shard, history }) => [shard, history]));
  const sagas = open.flatMap((transfer) => openSagaOf(transfer, histories) ?? []);
  const pairs = new Map<string, PairInDoubt>();
  const add = (
    tenant: TenantId,
    a: number,
    b: number,
    asset: string,
    change: Partial<Record<'undecided' | 'inTransit' | 'difference' | 'explained', bigint>>,
  ): void => {
    if (unreachable.includes(a) || unreachable.includes(b)) return;
    const shards = a < b ? ([a, b] as const) : ([b, a] as const);
    const key = JSON.stringify([tenant, shards, asset]);
    const pair = pairs.get(key) ?? { tenant, shards, asset, ...NOTHING };
    const sum = (of: keyof typeof NOTHING): bigint => pair[of] + (change[of] ?? 0n);
    const sums = { undecided: sum('undecided'), inTransit: sum('inTransit') };
    pairs.set(key, { ...pair, ...sums, difference: sum('difference'), explained: sum('explained') });
  };
  for (const { shard, inTransit, history } of snapshots) {
    const posted = postedIn([...history.values()].flat().map(({ event }) => event));
    for (const { account, tenant, peer, asset, balance } of inTransit) {
      add(tenant, shard, peer, asset, { difference: balance, explained: posted.get(account) ?? 0n });
    }
  }
  for (const { tenant, state, legs } of sagas) {
    for (const { debitShard, creditShard, amount, asset, posted } of legs) {
      if (debitShard === creditShard) continue;
      if (state === 'undecided') add(tenant, debitShard, creditShard, asset, { undecided: amount });
      if (posted === 'one side') add(tenant, debitShard, creditShard, asset, { inTransit: amount });
    }
  }
  return { sagas, pairs: [...pairs.values()], unreachable };
}

const NOTHING = { undecided: 0n, inTransit: 0n, difference: 0n, explained: 0n };

/** How much these events moved each account's balance. */
function postedIn(events: readonly LedgerEvent[]): Map<AccountId, bigint> {
  const moved = new Map<AccountId, bigint>();
  for (const event of events) {
    if (!('entries' in event)) continue;
    for (const { account, before, after } of event.entries) {
      moved.set(account, (moved.get(account) ?? 0n) + balanceOf(after) - balanceOf(before));
    }
  }
  return moved;
}
