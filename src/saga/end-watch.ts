import type pg from 'pg';
import type { TransferId } from '../domain/ids.js';
import type { Written } from '../posting/answer.js';
import type { ComputedBatch } from '../posting/compute-batch.js';
import type { HeadWatch } from '../storage/head-watch.js';
import { readEnded } from '../storage/statements/read-ended.js';

type Caller = (end?: Written) => void;

/** So few are asked for at each commit; more cost something, and are asked for less often. */
const FEW = 64;
const PAUSE_MS = 25;
/** Nobody waits for some of them. */
const MOST_BEGUN = 4_096;

/**
 * Tells callers when their transfers have ended, whichever node ended them. What this node commits itself it knows
 * without asking; after a commit of another node it asks for all that are waited for, in one query, one at a time.
 */
export class EndWatch {
  private readonly waiting = new Map<TransferId, Set<Caller>>();
  /**
   * Begun by this node's own commits, while no commit of another node has been noticed since, with their end where they
   * have one: who waits for them need not ask.
   */
  private readonly begun = new Map<TransferId, Written | undefined>();
  private latestNotice = 0;
  /** They may have ended before anybody waited for them. */
  private readonly fresh = new Set<TransferId>();
  /** Commits of this node that no notice has come of, and the other way round. */
  private readonly own = new Set<number>();
  private readonly noticed = new Set<number>();
  private timer: NodeJS.Timeout | undefined;
  private looking = false;
  private all = false;

  constructor(
    private readonly pool: pg.Pool,
    head: HeadWatch,
  ) {
    head.onCommit((seq) => this.notice(seq));
  }

  /**
   * Resolves when the transfer has ended or the time is over; the caller reads what became of it. With the event that
   * ended it, where this node wrote that.
   */
  wait(transfer: TransferId, timeoutMs: number): Promise<Written | undefined> {
    if (timeoutMs <= 0) return Promise.resolve(undefined);
    const isNew = this.begun.has(transfer);
    const end = this.begun.get(transfer);
    if (isNew) this.begun.delete(transfer);
    if (end !== undefined) return Promise.resolve(end);
    return new Promise((resolve) => {
      const callers = this.waiting.get(transfer) ?? new Set();
      this.waiting.set(transfer, callers);
      const done = (end?: Written): void => {
        clearTimeout(timer);
        callers.delete(done);
        if (callers.size === 0) this.waiting.delete(transfer);
        resolve(end);
      };
      const timer = setTimeout(done, timeoutMs);
      callers.add(done);
      if (isNew) return;
      this.fresh.add(transfer);
      this.look();
    });
  }

  /** A commit of this node's own, which no failover can undo any more. */
  committed({ to, submissions, answers }: ComputedBatch): void {
    if (!this.noticed.delete(to.seq)) this.own.add(to.seq);
    // What another node has committed since may have ended them.
    const isLatest = this.latestNotice <= to.seq;
    for (let index = 0; index < submissions.length; index += 1) {
      const { command, dry = true } = submissions[index] ?? {};
      if (dry || command === undefined) continue;
      const { kind } = command;
      if (kind !== 'confirm' && kind !== 'cancel' && (kind !== 'try' || !isLatest)) continue;
      const answer = answers[index];
      if (answer instanceof Error || answer?.kind !== 'recorded') continue;
      if (kind !== 'try') this.tell(command.transfer, answer.written);
      else if (!answer.replayed && command.intent !== undefined) this.remember(command.transfer);
    }
  }

  private remember(transfer: TransferId): void {
    if (this.begun.size >= MOST_BEGUN) this.begun.clear();
    this.begun.set(transfer, undefined);
  }

  /** Notices come in the order of the commits. Without a sequence some may have been missed. */
  private notice(seq: number | undefined): void {
    this.latestNotice = seq ?? this.latestNotice;
    if (seq !== undefined && this.own.delete(seq)) {
      for (const earlier of this.own) if (earlier < seq) this.own.delete(earlier);
      return;
    }
    if (seq === undefined) this.own.clear();
    if (seq === undefined || this.waiting.size <= FEW) this.lookForAll();
    else this.lookUnlessOwn(seq);
  }

  /** It is another node's commit, or one of ours whose reply has not been read yet. */
  private lookUnlessOwn(seq: number): void {
    this.noticed.add(seq);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.noticed.size > 0) this.lookForAll();
      this.noticed.clear();
    }, PAUSE_MS);
  }

  private lookForAll(): void {
    this.begun.clear();
    this.all = true;
    this.look();
  }

  private look(): void {
    if (this.looking) return;
    this.looking = true;
    void this.lookWhileAsked().finally(() => {
      this.looking = false;
    });
  }

  private async lookWhileAsked(): Promise<void> {
    while (this.waiting.size > 0 && (this.all || this.fresh.size > 0)) {
      const asked = this.all ? [...this.waiting.keys()] : [...this.fresh];
      this.all = false;
      this.fresh.clear();
      // If the shard can not be asked the callers' own time runs out, and they are told it is still processing.
      for (const id of await readEnded(this.pool, asked).catch(() => [])) this.tell(id);
    }
  }

  private tell(transfer: TransferId, end?: Written): void {
    const callers = this.waiting.get(transfer);
    if (callers !== undefined) for (const done of [...callers]) done(end);
    else if (end !== undefined && this.begun.has(transfer)) this.begun.set(transfer, end);
  }
}
