import { Chain } from './chain.js';
import { DivergenceError } from './divergence.js';
import { expectedRows } from './expected-rows.js';
import type { JournalEvent } from './journal-event.js';
import type { Sagas } from './sagas.js';
import { ShardBooks } from './shard-books.js';
import { type ShardSnapshot, SNAPSHOT_TABLES, type SnapshotTable } from './shard-snapshot.js';

interface ReadEvent {
  readonly text: string;
  readonly event: JournalEvent;
}

interface SeqRow {
  readonly seq: number;
  readonly row: string;
}

/** Audits one shard: its journal by itself, and against the shard's own rows, chunk by chunk (P7, P8). */
export class ShardAudit {
  readonly chain: Chain;
  readonly books: ShardBooks;
  private identity: JournalEvent | undefined;
  /** Transfers whose intent this shard holds and that have not ended. */
  private readonly coordinating = new Set<string>();
  private readonly expected: Record<SnapshotTable, number> = { events: 0, entries: 0, claims: 0, steps: 0 };

  constructor(
    private readonly snapshot: ShardSnapshot,
    private readonly sagas: Sagas,
  ) {
    this.chain = new Chain(snapshot.shard);
    this.books = new ShardBooks(snapshot.shard);
  }

  get done(): boolean {
    return this.chain.seq >= this.snapshot.head.seq;
  }

  /** Takes the journal's next events; those after the snapshot's head are of no concern. Throws DivergenceError. */
  async take(texts: readonly string[]): Promise<void> {
    const wanted = texts.slice(0, this.snapshot.head.seq - this.chain.seq);
    const from = this.chain.seq;
    // What the journal itself says wrong is told before what the shard says otherwise, unless the shard's is earlier.
    const read: ReadEvent[] = [];
    let broken: unknown;
    try {
      for (const text of wanted) read.push({ text, event: this.one(text) });
    } catch (error) {
      broken = error;
    }
    await this.compare(read, from);
    if (broken !== undefined) throw broken;
  }

  /** After the last event: that the shard holds these accounts and tenants, and nothing else. */
  async finish(): Promise<void> {
    const { snapshot, chain, books } = this;
    const { shard, head } = snapshot;
    const same = (what: string, expected: unknown, found: unknown, account?: string): void => {
      if (String(expected) === String(found)) return;
      const about = account === undefined ? {} : { account };
      throw new DivergenceError({ shard, ...about, what, expected: String(expected), found: String(found) });
    };
    same('hash of the head', chain.hash, head.hash);
    const accounts = new Map((await snapshot.accounts()).map(({ id, row }) => [id, row]));
    for (const [id, a] of books.accounts) {
      const row = [
        a.tenant,
        a.asset,
        a.kind,
        a.min ?? 'none',
        a.max ?? 'none',
        a.peer ?? 'none',
        a.seq,
        a.metadata,
      ];
      same('attributes of the account', row.join(' '), accounts.get(id) ?? 'no row', id);
    }
    const tenants = new Map((await snapshot.tenants()).map(({ id, row }) => [id, row]));
    for (const [id, { placement, seq }] of books.tenants)
      same(`tenant ${id}`, `${placement} ${seq}`, tenants.get(id));
    const counts = await snapshot.counts();
    for (const table of SNAPSHOT_TABLES) same(`rows in ${table}`, this.expected[table], counts[table]);
    same('rows in accounts', books.accounts.size, counts.accounts);
    same('rows in tenants', books.tenants.size, counts.tenants);
  }

  private one(text: string): JournalEvent {
    const event = this.chain.next(text);
    if (this.identity === undefined) {
      this.identity = event;
      if (event.type !== 'saldo.shard.opened') this.wrong('first event', 'saldo.shard.opened', event.type);
    }
    this.books.apply(event);
    this.sagas.see(this.snapshot.shard, event);
    return event;
  }

  private async compare(read: readonly ReadEvent[], from: number): Promise<void> {
    if (read.length === 0) return;
    const upTo = from + read.length;
    const expected = read.map(({ text, event }) => expectedRows(text, event, this.coordinates(event)));
    const differences: DivergenceError[] = [];
    for (const table of SNAPSHOT_TABLES) {
      const rows = await this.snapshot.rows(table, from, upTo);
      const wanted = expected.flatMap((rowsOf, i) =>
        rowsOf[table].map((row) => ({ seq: from + 1 + i, row })),
      );
      this.expected[table] += wanted.length;
      const difference = this.firstDifference(table, wanted, rows);
      if (difference !== undefined) differences.push(difference);
    }
    differences.sort((a, b) => (a.divergence.seq ?? 0) - (b.divergence.seq ?? 0));
    if (differences[0] !== undefined) throw differences[0];
  }

  private firstDifference(
    table: SnapshotTable,
    wanted: readonly SeqRow[],
    found: readonly SeqRow[],
  ): DivergenceError | undefined {
    const length = Math.max(wanted.length, found.length);
    let at = 0;
    while (at < length && wanted[at]?.row === found[at]?.row && wanted[at]?.seq === found[at]?.seq) at += 1;
    if (at === length) return undefined;
    const [expected, other] = [wanted[at], found[at]];
    const has = (rows: readonly SeqRow[], row: SeqRow): boolean =>
      rows.some((one) => one.seq === row.seq && one.row === row.row);
    // A row that stands elsewhere on the other side is not the one that differs: its neighbour is missing or extra.
    const missing = other === undefined || has(wanted, other);
    const extra = !missing && (expected === undefined || has(found, expected));
    const row = (extra ? other?.row : expected?.row) ?? '';
    const seq = (extra ? other?.seq : expected?.seq) ?? 0;
    return new DivergenceError({
      shard: this.snapshot.shard,
      seq,
      ...(table === 'entries' ? { account: `acc_${row.split(' ')[0]}` } : {}),
      what: `row in ${table}`,
      expected: extra ? 'none' : (expected?.row ?? 'none'),
      found: missing ? 'none' : (other?.row ?? 'none'),
    });
  }

  private coordinates({ data, type }: JournalEvent): boolean {
    const { transfer, intent } = data;
    if (transfer === undefined) return false;
    if (intent !== undefined) {
      if (type === 'saldo.transfer.tried') this.coordinating.add(transfer);
      return true;
    }
    return this.coordinating.delete(transfer);
  }

  private wrong(what: string, expected: string, found: string): never {
    throw new DivergenceError({ shard: this.snapshot.shard, seq: this.chain.seq, what, expected, found });
  }
}
