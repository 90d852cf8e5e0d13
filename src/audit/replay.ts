import { type Divergence, DivergenceError } from './divergence.js';
import { checkInTransit } from './in-transit.js';
import type { AuditReport, ShardReport } from './report.js';
import { Sagas } from './sagas.js';
import { ShardAudit } from './shard-audit.js';
import { ShardSnapshot } from './shard-snapshot.js';

/** Where the journal is read from: a shard's events in order, in chunks; ends, or goes on for ever. */
export interface JournalSource {
  read(shard: number): AsyncIterable<readonly string[]>;
  /** A shard's last event; undefined if there is none. */
  last(shard: number): Promise<string | undefined>;
}

export interface ReplayOptions {
  readonly source: JournalSource;
  /** By shard number. */
  readonly shardUrls: readonly string[];
  /** Called now and then with how many events are done, and of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Reads the whole journal, checks every rule on the way, rebuilds the books, and compares each shard with them as it
 * was when this began. Holds all accounts, open transfers and the ids of those that began in memory.
 */
export async function replay({
  source,
  shardUrls,
  onProgress = () => undefined,
}: ReplayOptions): Promise<AuditReport> {
  const started = performance.now();
  const snapshots = await snapshotsOf(shardUrls);
  try {
    const sagas = new Sagas();
    const audits = snapshots.map((snapshot) => new ShardAudit(snapshot, sagas));
    const total = snapshots.reduce((sum, { head }) => sum + head.seq, 0);
    const progress = (): void =>
      onProgress(
        audits.reduce((sum, { chain }) => sum + chain.seq, 0),
        total,
      );
    const divergences: Divergence[] = [];
    const noting = async (work: () => Promise<void> | void): Promise<void> => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof DivergenceError)) throw error;
        divergences.push(error.divergence);
      }
    };
    await Promise.all(
      audits.map((audit, shard) => noting(() => auditShard(audit, shard, source, snapshots, progress))),
    );
    let inDoubt: AuditReport['inDoubt'] = [];
    // With a shard's journal cut short, what the others say of it proves nothing.
    if (divergences.length === 0) {
      await noting(() => {
        if (sagas.fault !== undefined) throw sagas.fault;
        inDoubt = sagas.inDoubt(snapshots.map(({ head }) => head.seq));
        checkInTransit(
          audits.map(({ books }) => books),
          sagas,
        );
      });
    }
    return {
      clean: divergences.length === 0,
      cluster: audits[0]?.chain.cluster ?? '',
      shards: audits.map(shardReport),
      divergences,
      inDoubt,
      sagasEnded: sagas.ended,
      seconds: (performance.now() - started) / 1_000,
    };
  } finally {
    await Promise.all(snapshots.map((snapshot) => snapshot.close()));
  }
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

async function auditShard(
  audit: ShardAudit,
  shard: number,
  source: JournalSource,
  snapshots: readonly ShardSnapshot[],
  progress: () => void,
): Promise<void> {
  if (!audit.done) {
    for await (const texts of source.read(shard)) {
      await audit.take(texts);
      progress();
      if (audit.done) break;
    }
  }
  const head = snapshots[shard]?.head.seq ?? 0;
  if (!audit.done) {
    const found = `the end after ${audit.chain.seq} (has a relay published the rest?)`;
    throw new DivergenceError({ shard, what: 'journal', expected: `events up to ${head}`, found });
  }
  await audit.finish();
  await audit.checkBeyond(await source.last(shard));
}

function shardReport({ chain, books }: ShardAudit): ShardReport {
  const accounts = [...books.accounts.values()];
  return {
    shard: books.shard,
    events: chain.seq,
    accounts: accounts.length,
    entries: accounts.reduce((sum, { version }) => sum + version, 0),
    hash: chain.hash,
    trialBalance: books.trialBalance().map(([asset, { debits, credits }]) => ({
      asset,
      debits: debits.toString(),
      credits: credits.toString(),
    })),
    inTransit: accounts
      .filter(({ kind }) => kind === 'in_transit')
      .map(({ tenant, asset, peer, counters: [debits, credits] }) => ({
        tenant,
        asset,
        peer: peer ?? -1,
        balance: (credits - debits).toString(),
      })),
  };
}
