import type { Chain } from '../chain.js';
import type { CheckpointAudit } from '../checkpoints/checkpoint-audit.js';
import type { EventLines } from '../event-lines.js';
import type { Recorder } from '../recorder.js';
import type { AuditedAccount, ShardBooks } from '../shard-books.js';
import { AccountIndex, type IndexedAccount, type Name } from './account-index.js';
import { Bytes, isSame } from './bytes.js';
import { KeyHash } from './key-hash.js';
import { HASH_DIGITS, type JournalEnd, PostedScan, type ScannedEntry, TIME_LENGTH } from './posted-scan.js';

export interface PostedAuditOptions {
  readonly chain: Chain;
  readonly books: ShardBooks;
  readonly checkpoints: CheckpointAudit;
  readonly recorder: Recorder;
  readonly until: string | undefined;
}

/** Nothing in it is written otherwise in JSON, or as more than one byte. */
const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * Judges plain posted transfers, most of what a ledger's journal has, as bytes and numbers: no object, no text. It only
 * says yes: where anything is not as it must be, it has changed nothing, and the event is read and judged as all others
 * are, which tells what is wrong or that it is right after all.
 */
export class PostedAudit {
  private readonly accounts = new AccountIndex();
  private readonly keys = new KeyHash();
  private scan: PostedScan | undefined;
  private readonly until: Bytes | undefined;
  /** The last event: its hash and its time. */
  private readonly last: JournalEnd & { times: Bytes; timeAt: number };
  private readonly hashText = Buffer.alloc(HASH_DIGITS);
  private readonly timeText = Buffer.alloc(TIME_LENGTH);
  private readonly hash = new Bytes(this.hashText);
  private readonly time = new Bytes(this.timeText);
  /** What is being read. */
  private lines: { readonly bytes: Bytes; readonly hashes: Bytes; readonly bounds: Uint32Array } | undefined;
  /** The chain has not been told of it yet. */
  private ahead = false;

  constructor(private readonly options: PostedAuditOptions) {
    const { until } = options;
    if (until !== undefined) this.until = Bytes.of(until);
    this.last = { seq: 0, hashes: this.hash, hashAt: 0, times: this.time, timeAt: 0 };
  }

  /** From now on transfers of this account are judged here. */
  opened(id: string, account: AuditedAccount): void {
    // Nothing has checked the form of what opened it: a number would pass for the text that looks like it.
    const named = [id, account.tenant, account.asset].every((name: unknown) => typeof name === 'string');
    if (named && account.kind === 'account') this.accounts.add(id, account);
  }

  /** What comes next. */
  from({ bytes, hashes, bounds }: EventLines): void {
    this.lines = { bytes: new Bytes(bytes), hashes: new Bytes(hashes), bounds };
  }

  /** Takes one of the events, if it is one; else nothing has changed. */
  take(i: number): boolean {
    const { lines } = this;
    if (lines === undefined) return false;
    const { bytes, hashes, bounds } = lines;
    const { books, checkpoints, recorder } = this.options;
    if (books.schedules.expecting || books.holds.expecting || !(this.ahead || this.begin())) return false;
    const { scan, last } = this;
    const [start = 0, end = 0] = [bounds[2 * i], bounds[2 * i + 1]];
    if (scan?.read(bytes, start, end, last) !== true || !this.inTime(bytes, scan.timeAt)) return false;
    const debit = this.accounts.find(scan.debit);
    const credit = this.accounts.find(scan.credit);
    if (debit === undefined || credit === undefined || debit === credit) return false;
    if (!isNamed(debit.tenant, bytes, scan.tenantAt, scan.tenantLength)) return false;
    if (!isNamed(debit.asset, bytes, scan.assetAt, scan.assetLength)) return false;
    if (credit.tenant !== debit.tenant || credit.asset !== debit.asset) return false;
    const { amount, entries } = scan;
    if (!this.isOwnClaim(scan, debit.tenant, bytes)) return false;
    if (!admits(debit, credit, amount)) return false;
    if (!continues(debit.account, entries[0], 0, amount) || !continues(credit.account, entries[1], 1, amount))
      return false;
    post(debit.account, entries[0]);
    post(credit.account, entries[1]);
    last.seq += 1;
    checkpoints.seePosted(debit.asset.text, amount, hashes.view, i * HASH_DIGITS);
    const leg = { index: 0, debit: debit.tail, credit: credit.tail, amount };
    recorder.seePosted(scan, last.seq, leg);
    last.hashes = hashes;
    last.hashAt = i * HASH_DIGITS;
    last.times = bytes;
    last.timeAt = scan.timeAt;
    this.ahead = true;
    return true;
  }

  /** Tells the chain how far it is; before anything else is read, and when nothing more comes. */
  settle(): void {
    if (!this.ahead) return;
    this.ahead = false;
    const { seq, hashes, hashAt, times, timeAt } = this.last;
    const hash = textAt(hashes, hashAt, HASH_DIGITS);
    this.options.chain.followed(seq, hash, textAt(times, timeAt, TIME_LENGTH));
  }

  /** Goes on from where the chain is. */
  private begin(): boolean {
    const { chain } = this.options;
    const { cluster, time, hash, seq } = chain;
    if (typeof cluster !== 'string' || typeof time !== 'string') return false;
    if (time.length !== TIME_LENGTH || !PLAIN.test(time)) return false;
    if (this.scan === undefined) {
      if (!PLAIN.test(cluster)) return false;
      this.scan = new PostedScan(this.options.books.shard, cluster);
    }
    this.hashText.write(hash, 'latin1');
    this.timeText.write(time, 'latin1');
    Object.assign(this.last, { seq, hashes: this.hash, hashAt: 0, times: this.time, timeAt: 0 });
    return true;
  }

  /** P4: the claim's id is that of its key. */
  private isOwnClaim(scan: PostedScan, tenant: Name, bytes: Bytes): boolean {
    const { claimed, transfer, claimId, namespace, key } = scan;
    if (claimed === 'nothing') return true;
    return this.keys.isOf(claimed === 'transfer' ? transfer : claimId, tenant, bytes, namespace, key);
  }

  /** Not before the last event, and not after what is wanted. */
  private inTime(bytes: Bytes, at: number): boolean {
    const { until, last } = this;
    if (compare(bytes, at, last.times, last.timeAt) < 0) return false;
    return until === undefined || (until.bytes.length === TIME_LENGTH && compare(bytes, at, until, 0) <= 0);
  }
}

const textAt = ({ bytes }: Bytes, at: number, length: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('latin1');

/** Below zero where the one time is before the other. */
function compare(one: Bytes, at: number, other: Bytes, from: number): number {
  if (isSame(one, at, other, from, TIME_LENGTH)) return 0;
  return textAt(one, at, TIME_LENGTH) < textAt(other, from, TIME_LENGTH) ? -1 : 1;
}

const isNamed = ({ bytes: name }: Name, bytes: Bytes, at: number, length: number): boolean =>
  name.bytes.length === length && isSame(name, 0, bytes, at, length);

/** P3, of accounts that are open and have no mark. */
function admits(
  { account: debit }: IndexedAccount,
  { account: credit }: IndexedAccount,
  amount: number,
): boolean {
  if (debit.status !== 'open' || credit.status !== 'open' || debit.reviewDebits) return false;
  const { min } = debit;
  if (min !== null) {
    const [debits, credits, aside] = debit.counters;
    if (
      typeof min !== 'number' ||
      typeof debits !== 'number' ||
      typeof credits !== 'number' ||
      typeof aside !== 'number'
    )
      return false;
    if (credits - debits - amount - aside < min) return false;
  }
  const { max } = credit;
  if (max === null) return true;
  const [debits, credits, , coming] = credit.counters;
  if (
    typeof max !== 'number' ||
    typeof debits !== 'number' ||
    typeof credits !== 'number' ||
    typeof coming !== 'number'
  )
    return false;
  return credits - debits + amount + coming <= max;
}

/** P2: begins where the account's last entry ended, and changes one counter by the amount. */
function continues(
  { counters, version }: AuditedAccount,
  { before, after, version: next }: ScannedEntry,
  moved: 0 | 1,
  amount: number,
): boolean {
  if (next !== version + 1) return false;
  for (let c = 0; c < 4; c += 1) {
    const known = counters[c];
    if (typeof known !== 'number' || before[c] !== known) return false;
    if (after[c] !== (c === moved ? known + amount : known)) return false;
  }
  return true;
}

function post(account: AuditedAccount, { after, version }: ScannedEntry): void {
  const { counters } = account;
  for (let c = 0; c < 4; c += 1) counters[c] = after[c] ?? 0;
  account.version = version;
}
