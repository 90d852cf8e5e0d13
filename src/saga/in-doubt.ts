import type pg from 'pg';
import { balanceOf } from '../domain/account.js';
import type { Asset } from '../domain/asset.js';
import type { LedgerEvent } from '../domain/event.js';
import type { AccountId, TenantId, TransferId } from '../domain/ids.js';
import { decodeEvent } from '../journal/decode.js';
import { Answering } from '../routing/answering.js';
import { readHead } from '../storage/statements/read-head.js';
import { readHistory } from '../storage/statements/read-history.js';
import {
  type InTransitRow,
  readAllOpenIntents,
  readInTransit,
  readPostedSince,
} from '../storage/statements/read-saga-snapshot.js';
import { withClient } from '../storage/with-client.js';
import { movesBetweenShards, type OpenSaga, openSagaOf, type ShardHistory } from './open-saga.js';

/** What one tenant has between two shards in one asset, minor units. */
export interface PairInDoubt {
  readonly tenant: TenantId;
  /** The lower number first. */
  readonly shards: readonly [number, number];
  readonly asset: Asset;
  /** Amounts of legs that are tried and not decided, as far as the shards that answer know. */
  readonly undecided: bigint;
  /** Amounts of legs that are decided and not yet posted on both sides. */
  readonly inTransit: bigint;
  /** What the two in-transit accounts add up to: zero when nothing is on its way. */
  readonly difference: bigint;
  /** The difference that the transfers on their way make up. */
  readonly explained: bigint;
  /**
   * `reconciled`: all of the difference is explained. `faulty`: it is not, which is a fault in the books. `unknown`: it is not, and
   * a shard that does not answer may have taken in a transfer that explains the rest.
   */
  readonly books: 'reconciled' | 'faulty' | 'unknown';
}

export interface InDoubt {
  /** The oldest. */
  readonly sagas: readonly OpenSaga[];
  /** How many open transfers are summed up in the pairs and not listed. */
  readonly more: number;
  readonly pairs: readonly PairInDoubt[];
  /** Shards that did not answer: nothing is said of them or of the pairs they are in. */
  readonly unreachable: readonly number[];
  /** Why, in the order of `unreachable`. */
  readonly reasons: readonly string[];
}

/** Most that are listed, unless told otherwise. */
const LISTED = 1_000;
/** Most transfers whose histories are held at a time: one may have a megabyte that its caller said. */
const CHUNK = 100;

/**
 * What is undecided and what is in transit, from one snapshot per shard. A transfer that is posted in one snapshot and
 * not in another is either still open at its coordinator's, or was posted somewhere after the first look at the heads:
 * the coordinator confirms last, so what it had confirmed by then is posted in every snapshot. Only those can make a
 * difference between a pair's accounts. All of them are summed up; the oldest, at most `limit`, are listed. A shard that
 * stops answering on the way is left out, and so are its pairs; what it has taken in nobody else lists, so that of the other
 * pairs a difference may be explained by what only it knows. `tenant`: with pools of the reader role, which
 * then shows nothing of any other.
 */
export async function readInDoubt(
  pools: ReadonlyMap<number, pg.Pool>,
  limit = LISTED,
  tenant?: TenantId,
): Promise<InDoubt> {
  const answering = new Answering(pools.keys());
  const heads = await answering.ask((shard) => readHead(poolOf(pools, shard)));
  const finished = new AbortController();
  try {
    const clients = await answering.ask((shard) =>
      openSnapshot(poolOf(pools, shard), finished.signal, tenant),
    );
    const parts = await answering.ask(async (shard) => {
      const db = poolOf(clients, shard);
      // One after the other: a connection runs one statement at a time.
      const inTransit = await readInTransit(db);
      const open = await readAllOpenIntents(db);
      return { inTransit, open, posted: await readPostedSince(db, heads.get(shard)?.seq ?? 0) };
    });
    const books = new PairBooks();
    for (const [shard, { inTransit }] of parts) books.addAccounts(shard, inTransit);
    const open = new Set(inTurn([...parts.values()].map((part) => part.open)));
    const wanted = [...new Set([...open, ...[...parts.values()].flatMap(({ posted }) => posted)])];
    const sagas: OpenSaga[] = [];
    let found = 0;
    for (let from = 0; from < wanted.length; from += CHUNK) {
      const chunk = wanted.slice(from, from + CHUNK);
      const histories = await answering.ask(async (shard) =>
        byTransfer(chunk, await readHistory(poolOf(clients, shard), chunk)),
      );
      for (const history of histories.values()) books.addPosted(history);
      for (const transfer of chunk) {
        const saga = open.has(transfer) ? openSagaOf(transfer, histories) : undefined;
        if (saga === undefined) continue;
        books.addSaga(saga);
        found += 1;
        if (sagas.length < limit) sagas.push(saga);
      }
    }
    const { unreachable, reasons } = answering;
    const pairs = books.pairsWithout(unreachable);
    return { sagas, more: found - sagas.length, pairs, unreachable, reasons };
  } finally {
    finished.abort();
  }
}

function poolOf<T>(all: ReadonlyMap<number, T>, shard: number): T {
  const one = all.get(shard);
  if (one === undefined) throw new RangeError(`shard ${shard} is not among those asked`);
  return one;
}

/** A connection that sees the shard as it is now until `finished`. */
function openSnapshot(
  pool: pg.Pool,
  finished: AbortSignal,
  tenant: TenantId | undefined,
): Promise<pg.PoolClient> {
  return new Promise((resolve, reject) => {
    withClient(pool, async (client) => {
      await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      // It holds nothing that a writer waits for, and may itself wait for a slower shard.
      await client.query("SET LOCAL idle_in_transaction_session_timeout = '60s'");
      if (tenant !== undefined) await client.query("SELECT set_config('saldo.tenant', $1, true)", [tenant]);
      const end = new Promise((ended) => finished.addEventListener('abort', ended, { once: true }));
      resolve(client);
      if (!finished.aborted) await end;
      await client.query('COMMIT');
    }).catch(reject);
  });
}

/** The first of each, then the second of each: the oldest of every shard come first. */
function inTurn<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat();
}

/** Of these transfers alone: a history also tells of later operations on them. */
export function byTransfer(
  transfers: readonly TransferId[],
  rows: readonly { readonly body: string }[],
): ShardHistory {
  const history = new Map(transfers.map((id): [TransferId, ReturnType<typeof decodeEvent>[]] => [id, []]));
  for (const { body } of rows) {
    const one = decodeEvent(body);
    const { event } = one;
    // An approval is an operation of its own, and a part of the story of what it is about.
    if (event.type === 'review.approved') history.get(event.review)?.push(one);
    else if ('transfer' in event) history.get(event.transfer)?.push(one);
  }
  return history;
}

type Sums = Pick<PairInDoubt, 'undecided' | 'inTransit' | 'difference' | 'explained'>;
type PairSums = Omit<PairInDoubt, 'books'>;

/** Adds up what is between each pair of shards. */
class PairBooks {
  private readonly pairs = new Map<string, PairSums>();
  private readonly accounts = new Map<AccountId, InTransitRow & { readonly shard: number }>();

  addAccounts(shard: number, rows: readonly InTransitRow[]): void {
    for (const row of rows) {
      this.accounts.set(row.account, { ...row, shard });
      this.add(row.tenant, shard, row.peer, row.asset, { difference: row.balance });
    }
  }

  /** What one shard's events of these transfers moved on its in-transit accounts. */
  addPosted(history: ShardHistory): void {
    for (const [account, moved] of postedIn([...history.values()].flat().map(({ event }) => event))) {
      const row = this.accounts.get(account);
      if (row !== undefined) this.add(row.tenant, row.shard, row.peer, row.asset, { explained: moved });
    }
  }

  addSaga({ tenant, kind, state, legs }: OpenSaga): void {
    if (!movesBetweenShards(kind)) return;
    for (const { debitShard, creditShard, amount, asset, posted } of legs) {
      if (debitShard === creditShard) continue;
      const undecided = state === 'undecided' || (state === 'unknown' && posted === 'nowhere');
      if (undecided) this.add(tenant, debitShard, creditShard, asset, { undecided: amount });
      if (posted === 'one side') this.add(tenant, debitShard, creditShard, asset, { inTransit: amount });
    }
  }

  pairsWithout(shards: readonly number[]): PairInDoubt[] {
    const otherwise = shards.length === 0 ? 'faulty' : 'unknown';
    return [...this.pairs.values()]
      .filter((pair) => !pair.shards.some((shard) => shards.includes(shard)))
      .map((pair) => ({ ...pair, books: pair.difference === pair.explained ? 'reconciled' : otherwise }));
  }

  private add(tenant: TenantId, a: number, b: number, asset: Asset, change: Partial<Sums>): void {
    const shards = a < b ? ([a, b] as const) : ([b, a] as const);
    const key = JSON.stringify([tenant, shards, asset]);
    const pair = this.pairs.get(key) ?? { tenant, shards, asset, ...NOTHING };
    const sum = (of: keyof Sums): bigint => pair[of] + (change[of] ?? 0n);
    const sums = { undecided: sum('undecided'), inTransit: sum('inTransit') };
    this.pairs.set(key, { ...pair, ...sums, difference: sum('difference'), explained: sum('explained') });
  }
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
