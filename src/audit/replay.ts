import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnchorTable, anchoredUpTo } from './anchors/anchor-table.js';
import { checkShards } from './anchors/read-anchors.js';
import type { TrustedKeys } from './checkpoints/signatures.js';
import { type Divergence, divergenceOf } from './divergence.js';
import type { JournalSource } from './journal-source.js';
import { judge } from './judge.js';
import { checkLater, type Later } from './later.js';
import { checkMarks } from './marks/check-marks.js';
import type { AuditReport } from './report.js';
import type { AuditedAccount } from './shard-books.js';
import { ShardSnapshot } from './shard-snapshot.js';
import { LocalWork, type ShardWork, ThreadWork } from './shard-work.js';
import { Threads } from './threads/threads.js';

export interface ReplayOptions {
  readonly source: JournalSource;
  /** By shard number; without them the journal is judged by itself. */
  readonly shardUrls?: readonly string[];
  /** How many events of each shard are wanted, where neither the source nor the shards tell. */
  readonly upTo?: readonly number[];
  /** Only what was booked at or before this moment: RFC 3339, UTC, milliseconds. */
  readonly until?: string;
  /** Whose signatures count; without them any that the journal itself names. */
  readonly trust?: TrustedKeys;
  /** What the checkpoints are compared with; read before the journal's end was asked for, which may have gone on since. */
  readonly anchors?: readonly AnchorTable[];
  /** Judge in threads of their own what this one reads; for a built program, and where no shards are compared. */
  readonly threads?: boolean;
  /** The accounts are wanted, too. */
  readonly withAccounts?: boolean;
  /** Called now and then with how many events are done, and of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Reads the whole journal, checks every rule on the way, rebuilds the books, and compares each shard with them as it
 * was when this began. Memory is for accounts and open transfers; what is kept of the rest goes to a temporary file where
 * it is too much (docs/adr/0015).
 */
export async function replay(options: ReplayOptions): Promise<AuditReport> {
  return (await replayBooks(options)).report;
}

/** By id. */
export type Accounts = ReadonlyMap<string, AuditedAccount>;

/** The same, with each shard's accounts where they are wanted. */
export async function replayBooks({
  source,
  shardUrls = [],
  upTo = [],
  until,
  trust,
  anchors,
  threads = false,
  withAccounts = false,
  onProgress = () => undefined,
}: ReplayOptions): Promise<{ readonly report: AuditReport; readonly accounts: readonly Accounts[] }> {
  const started = performance.now();
  const snapshots = await snapshotsOf(shardUrls);
  const folder = await mkdtemp(join(tmpdir(), 'saldo-audit-'));
  const wanted = wantedOf(source, snapshots, upTo);
  checkShards(anchors ?? [], wanted.length);
  const pool =
    threads && snapshots.length === 0 && source.readLines !== undefined
      ? new Threads(wanted.length)
      : undefined;
  try {
    const work = wanted.map((last, shard): ShardWork => {
      const ours = anchors?.filter((one) => one.shard === shard);
      const job = {
        shard,
        ...extentOf(last, source, ours),
        folder,
        withAccounts,
        ...(until === undefined ? {} : { until }),
        ...(trust === undefined ? {} : { trust }),
        ...(ours === undefined ? {} : { anchors: ours }),
      };
      if (pool !== undefined) return new ThreadWork(job, source, pool.open(job));
      return new LocalWork(job, source, snapshots[shard]);
    });
    const total = wanted.reduce((sum, last) => sum + last, 0);
    const progress = (): void =>
      onProgress(
        work.reduce((sum, { seq }) => sum + seq, 0),
        total,
      );
    const found = await Promise.all(work.map((one) => divergenceOf(() => one.run(progress))));
    const ends = await Promise.all(work.map((one) => one.end()));
    const outcomes = ends.map(({ outcome }) => outcome);
    const { later, ...verdict } = await judge(
      outcomes,
      found,
      (written) => pool?.checkMarks(written) ?? checkMarks(written),
    );
    const beside = await besideShards(snapshots, source, later);
    const divergences = beside === undefined ? verdict.divergences : [...verdict.divergences, beside];
    const report = {
      ...verdict,
      divergences,
      clean: divergences.length === 0,
      cluster: outcomes[0]?.cluster ?? '',
      compared: comparedOf(work, snapshots),
      shards: outcomes.map(({ report: shard }) => shard),
      seconds: (performance.now() - started) / 1_000,
    };
    return { report, accounts: ends.map(({ accounts }) => accounts) };
  } finally {
    await pool?.close();
    await Promise.all(snapshots.map((snapshot) => snapshot.close()));
    await rm(folder, { recursive: true, force: true });
  }
}

/** What only the shards, where they are at hand, tell of the journal: what it has is one of each shard, and followed what they have. */
async function besideShards(
  snapshots: readonly ShardSnapshot[],
  source: JournalSource,
  later: readonly Later[],
): Promise<Divergence | undefined> {
  const shard = snapshots.length;
  if (shard === 0) return undefined;
  const there = (await source.shards?.()) ?? shard;
  const expected = `none: there are ${shard} shards`;
  if (there > shard) return { shard, what: 'journal', expected, found: 'one' };
  return divergenceOf(() => checkLater(later, snapshots));
}

/** By shard: the last event that is wanted. An archive is wanted as it is, a topic up to what the shards have. */
function wantedOf(
  { holds }: JournalSource,
  snapshots: readonly ShardSnapshot[],
  upTo: readonly number[],
): readonly number[] {
  const wanted = holds ?? (snapshots.length > 0 ? snapshots.map(({ head }) => head.seq) : upTo);
  if (snapshots.length === 0 || snapshots.length === wanted.length) return wanted;
  throw new Error(`the journal has ${wanted.length} shards, and ${snapshots.length} are there to compare`);
}

/** How far a shard is read. What is anchored must be in its journal, but for an archive that was made before. */
function extentOf(
  last: number,
  { holds, whole = false }: JournalSource,
  anchors: readonly AnchorTable[] = [],
): { readonly upTo: number; readonly least: number } {
  if (holds !== undefined) return { upTo: last, least: last };
  const anchored = anchoredUpTo(anchors);
  if (whole) return { upTo: Number.POSITIVE_INFINITY, least: anchored };
  const most = Math.max(last, anchored);
  return { upTo: most, least: most };
}

/** Not at all, as a whole, or only the rows up to where the journal ends, because a shard has gone on since. */
function comparedOf(
  work: readonly ShardWork[],
  snapshots: readonly ShardSnapshot[],
): AuditReport['compared'] {
  if (snapshots.length === 0) return 'nothing';
  return work.every(({ seq }, shard) => seq >= (snapshots[shard]?.head.seq ?? 0))
    ? 'shards'
    : 'rows_up_to_the_end';
}

/** Of every shard, or of none. */
async function snapshotsOf(shardUrls: readonly string[]): Promise<ShardSnapshot[]> {
  const taken = await Promise.allSettled(shardUrls.map((url, shard) => ShardSnapshot.take(shard, url)));
  const snapshots = taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = taken.find((one) => one.status === 'rejected');
  if (failed === undefined) return snapshots;
  await Promise.all(snapshots.map((snapshot) => snapshot.close()));
  throw failed.reason;
}
