import type { AnchorTable } from './anchors/anchor-table.js';
import { Beyond } from './beyond.js';
import { Chain } from './chain.js';
import { CheckpointAudit } from './checkpoints/checkpoint-audit.js';
import type { TrustedKeys } from './checkpoints/signatures.js';
import { claimWrong } from './claims.js';
import { DivergenceError } from './divergence.js';
import { type EventLines, textsAt } from './event-lines.js';
import { expectedRows } from './expected-rows.js';
import type { JournalEvent } from './journal-event.js';
import { PostedAudit } from './posted/posted-audit.js';
import { type Recorded, Recorder } from './recorder.js';
import type { ShardReport } from './report.js';
import { firstDifference, type RowDifference } from './row-difference.js';
import { rowsInPlaceUnlike } from './rows-in-place.js';
import { ShardBooks } from './shard-books.js';
import type { ShardSnapshot } from './shard-snapshot.js';
import { SNAPSHOT_TABLES, type SnapshotTable } from './snapshot-rows.js';

type RowsOfEvent = ReturnType<typeof expectedRows>;

export interface ShardAuditOptions {
  /** The last event that is wanted. */
  readonly upTo: number;
  /** Only what was booked at or before this moment: RFC 3339, UTC, milliseconds. */
  readonly until?: string;
  /** What the journal is compared with. */
  readonly snapshot?: ShardSnapshot;
  /** Where what does not fit into memory goes. */
  readonly folder: string;
  /** Whose signatures count; without them any that the journal itself names. */
  readonly trust?: TrustedKeys;
  /** What its checkpoints are compared with. */
  readonly anchors?: readonly AnchorTable[];
}

/** What one shard's journal tells by itself, once read. */
export interface ShardOutcome {
  readonly report: ShardReport;
  readonly cluster: string;
  readonly recorded: Recorded;
}

/** Audits one shard: its journal by itself, and against the shard's own rows where those are given, chunk by chunk (P7, P8). */
export class ShardAudit {
  readonly chain: Chain;
  readonly books: ShardBooks;
  private readonly recorder: Recorder;
  readonly checkpoints: CheckpointAudit;
  private readonly posted: PostedAudit;
  private identity = 'none';
  private writerVersion = 1;
  /** Transfers whose intent this shard holds and that have not ended, with the row that says so. */
  private readonly coordinating = new Map<string, string>();
  /** An event later than `until` was met: what was asked for has been read. */
  private past = false;
  /** How many rows of each table the events have left. */
  private readonly rows = new Map<SnapshotTable, number>();
  /** What came after the last event that is wanted. */
  private readonly beyond: Beyond | undefined;

  constructor(
    readonly shard: number,
    private readonly options: ShardAuditOptions,
  ) {
    this.chain = new Chain(shard);
    this.books = new ShardBooks(shard);
    this.recorder = new Recorder(this.books, options.folder);
    this.checkpoints = new CheckpointAudit(shard, options.trust, options.anchors);
    const { snapshot, upTo, until } = options;
    if (snapshot !== undefined && until === undefined) this.beyond = new Beyond(shard, upTo, snapshot);
    const { chain, books, checkpoints, recorder } = this;
    this.posted = new PostedAudit({ chain, books, checkpoints, recorder, until });
  }

  get done(): boolean {
    return this.past || this.chain.seq >= this.options.upTo;
  }

  /**
   * Takes the journal's next events, with their hashes where those are known. Of what comes after the last that is wanted only
   * whether it is the shard's is of concern. Throws DivergenceError.
   */
  async take(texts: readonly string[], hashes: readonly string[] = []): Promise<void> {
    if (this.past) return;
    const wanted = texts.slice(0, this.options.upTo - this.chain.seq);
    const from = this.chain.seq;
    // What the journal itself says wrong is told before what the shard says otherwise, unless the shard's is earlier.
    const read: RowsOfEvent[] = [];
    let broken: unknown;
    try {
      for (let i = 0; i < wanted.length && !this.past; i += 1) {
        const rows = this.one(wanted[i] ?? '', hashes[i]);
        if (rows !== undefined) read.push(rows);
      }
    } catch (error) {
      broken = error;
    }
    await this.compare(read, from);
    if (broken !== undefined) throw broken;
    await this.beyond?.take(texts.slice(wanted.length));
  }

  /** The same of events as bytes, where no shard is compared. Throws DivergenceError. */
  takeLines(lines: EventLines): void {
    const { posted } = this;
    const wanted = Math.min(lines.bounds.length / 2, this.options.upTo - this.chain.seq);
    const texts = textsAt(lines);
    posted.from(lines);
    for (let i = 0; i < wanted && !this.past; i += 1) {
      if (posted.take(i)) continue;
      posted.settle();
      this.one(...texts(i));
    }
    posted.settle();
  }

  /**
   * After the last event: that the shard holds these rows, and no others. Where the shard has gone
   * on since the journal was archived, what changes in place can not be compared, and is not.
   */
  async finish(): Promise<void> {
    const { chain, books, shard } = this;
    const { snapshot } = this.options;
    const same = (what: string, expected: unknown, found: unknown): void => {
      if (String(expected) === String(found)) return;
      throw new DivergenceError({ shard, what, expected: String(expected), found: String(found) });
    };
    // Before anything else: without it nothing tells how far the shard is.
    if (snapshot !== undefined) same('rows in head', 1, snapshot.head.rows);
    this.checkpoints.finish();
    if (snapshot === undefined) return;
    if (chain.seq < snapshot.head.seq) return this.compareOutside(snapshot);
    const { head } = snapshot;
    same('hash of the head', chain.hash, head.hash);
    same('time of the head', chain.seq === 0 ? head.time : chain.time, head.time);
    same('writer version of the head', this.writerVersion, head.writerVersion);
    same('identity of the shard', this.identity, await snapshot.identity());
    await this.compareOutside(snapshot);
    await snapshot.leaveIndexes();
    for (const table of SNAPSHOT_TABLES)
      same(`rows in ${table}`, this.rows.get(table) ?? 0, await snapshot.count(table));
    const unlike = await rowsInPlaceUnlike(snapshot, books, this.coordinating);
    if (unlike !== undefined) throw new DivergenceError({ shard, ...unlike });
    this.beyond?.finish();
  }

  /** Ends what is read of this shard: the marks and facts are whole, whatever was found. */
  outcome(): ShardOutcome {
    return {
      report: reportOf(this.chain, this.books, this.checkpoints),
      cluster: this.chain.cluster ?? '',
      recorded: this.recorder.end(),
    };
  }

  /** The rows that the event must have left, where there are shards to compare. */
  private one(text: string, hash: string | undefined): RowsOfEvent | undefined {
    const seq = this.chain.seq + 1;
    try {
      return this.read(text, hash);
    } catch (error) {
      if (error instanceof DivergenceError) throw error;
      // An amount that is no number, a field that is missing: whatever it is, it is the event that is wrong.
      const found = error instanceof Error ? error.message : String(error);
      const { shard } = this;
      throw new DivergenceError({ shard, seq, what: 'event', expected: 'one that can be read', found });
    }
  }

  private read(text: string, hash: string | undefined): RowsOfEvent | undefined {
    const { until, snapshot } = this.options;
    const event = this.chain.next(text, { until, hash });
    if (event === undefined) {
      this.past = true;
      return undefined;
    }
    const { type, data } = event;
    if ((type === 'saldo.shard.opened') !== (this.chain.seq === 1))
      this.wrong('event', 'saldo.shard.opened first, and never again', type);
    if (this.chain.seq === 1) {
      this.identity = `${event.shard} ${event.cluster} ${JSON.stringify(data.buckets)}`;
    }
    if (type === 'saldo.writer_version.raised') this.writerVersion = data.version ?? 0;
    this.books.apply(event);
    const wrong = claimWrong(event);
    if (wrong !== undefined) this.wrong(...wrong);
    const opened = type === 'saldo.account.opened' ? this.books.accounts.get(data.account ?? '') : undefined;
    if (opened !== undefined) this.posted.opened(data.account ?? '', opened);
    this.checkpoints.see(event, this.chain.hash);
    const unreadable = this.recorder.see(event, this.chain.seq);
    if (unreadable !== undefined) this.wrong('id', '32 hexadecimal digits', unreadable);
    this.follow(event);
    return snapshot === undefined ? undefined : expectedRows(text, event);
  }

  private async compare(expected: readonly RowsOfEvent[], from: number): Promise<void> {
    const { snapshot } = this.options;
    if (snapshot === undefined || expected.length === 0) return;
    const upTo = from + expected.length;
    const differences: DivergenceError[] = [];
    for (const table of SNAPSHOT_TABLES) {
      const rows = await snapshot.rows(table, from, upTo);
      const wanted = expected.flatMap((rowsOf, i) =>
        rowsOf[table].map((row) => ({ seq: from + 1 + i, row })),
      );
      this.rows.set(table, (this.rows.get(table) ?? 0) + wanted.length);
      const difference = firstDifference(wanted, rows);
      if (difference !== undefined) differences.push(this.rowFault(table, difference));
    }
    differences.sort((a, b) => (a.divergence.seq ?? 0) - (b.divergence.seq ?? 0));
    if (differences[0] !== undefined) throw differences[0];
  }

  /** Rows of no event: whatever the shard has come to since. */
  private async compareOutside(snapshot: ShardSnapshot): Promise<void> {
    for (const table of SNAPSHOT_TABLES) {
      const [extra] = await snapshot.outside(table);
      if (extra !== undefined)
        throw this.rowFault(table, { ...extra, expected: undefined, found: extra.row });
    }
  }

  private rowFault(table: SnapshotTable, { seq, expected, found }: RowDifference): DivergenceError {
    const [account] = (expected ?? found ?? '').split(' ');
    return new DivergenceError({
      shard: this.shard,
      seq,
      ...(table === 'entries' ? { account: `acc_${account}` } : {}),
      what: `row in ${table}`,
      expected: expected ?? 'none',
      found: found ?? 'none',
    });
  }

  /** Which intents are open: begun here by a try that holds one, ended by its confirm or cancel. */
  private follow(event: JournalEvent): void {
    const { transfer, intent, review = '' } = event.data;
    if (transfer === undefined) return;
    if (intent === undefined) this.coordinating.delete(transfer);
    else if (event.type === 'saldo.transfer.tried') this.coordinating.set(transfer, intentRow(event));
    else if (event.type === 'saldo.review.approved') this.coordinating.set(review, intentRow(event));
  }

  private wrong(what: string, expected: string, found: string): never {
    throw new DivergenceError({ shard: this.shard, seq: this.chain.seq, what, expected, found });
  }
}

function reportOf(chain: Chain, books: ShardBooks, checkpoints: CheckpointAudit): ShardReport {
  const accounts = [...books.accounts.values()];
  return {
    shard: books.shard,
    events: chain.seq,
    accounts: accounts.length,
    entries: accounts.reduce((sum, { version }) => sum + version, 0),
    inReview: books.reviews.waiting(chain.time),
    hash: chain.hash,
    signed: checkpoints.report(),
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
        balance: (BigInt(credits) - BigInt(debits)).toString(),
      })),
  };
}

function intentRow({ sequence, tenant, data }: JournalEvent): string {
  const { plan, deadline = '' } = data.intent ?? {};
  const route = [plan?.coordinator, ...(plan?.participants ?? [])].join('>');
  return `${Number(sequence)} ${tenant} ${route} ${Date.parse(deadline)}`;
}
