import { anchoredUpTo } from './anchors/anchor-table.js';
import { DivergenceError } from './divergence.js';
import type { JournalSource } from './journal-source.js';
import { ShardAudit, type ShardOutcome } from './shard-audit.js';
import type { AuditedAccount } from './shard-books.js';
import type { ShardSnapshot } from './shard-snapshot.js';
import type { ShardJob } from './threads/messages.js';
import type { RemoteAudit } from './threads/threads.js';

/** The reading and judging of one shard's journal. */
export interface ShardWork {
  readonly seq: number;
  /** Throws the first divergence. */
  run(progress: () => void): Promise<void>;
  end(): Promise<{ readonly outcome: ShardOutcome; readonly accounts: ReadonlyMap<string, AuditedAccount> }>;
}

/** In this thread, also against the shard. */
export class LocalWork implements ShardWork {
  private readonly audit: ShardAudit;

  constructor(
    private readonly job: ShardJob,
    private readonly source: JournalSource,
    private readonly snapshot: ShardSnapshot | undefined,
  ) {
    this.audit = new ShardAudit(job.shard, { ...job, ...(snapshot === undefined ? {} : { snapshot }) });
  }

  get seq(): number {
    return this.audit.chain.seq;
  }

  async run(progress: () => void): Promise<void> {
    const { audit, source, job } = this;
    const drain = source.holds !== undefined;
    // What a topic has behind the shard's last event must be the shard's, too: it is read as far as it went at the beginning.
    const beyond = this.snapshot !== undefined && job.until === undefined;
    let all = false;
    const enough = (): boolean => audit.done || (all && audit.chain.seq >= job.least);
    if (!audit.done || drain || beyond) {
      for await (const texts of source.read(job.shard)) {
        all ||= texts.length === 0;
        await audit.take(texts);
        progress();
        if (enough() && !drain && (all || !beyond)) break;
      }
    }
    if (!enough()) throw endedEarly(job, audit.chain.seq);
    await audit.finish();
  }

  async end(): Promise<{ outcome: ShardOutcome; accounts: ReadonlyMap<string, AuditedAccount> }> {
    return { outcome: this.audit.outcome(), accounts: this.audit.books.accounts };
  }
}

/** Read and hashed in this thread, judged in another. */
export class ThreadWork implements ShardWork {
  constructor(
    private readonly job: ShardJob,
    private readonly source: JournalSource,
    private readonly audit: RemoteAudit,
  ) {}

  get seq(): number {
    return this.audit.seq;
  }

  async run(progress: () => void): Promise<void> {
    const { audit, source, job } = this;
    const drain = source.holds !== undefined;
    let all = false;
    let handed = 0;
    try {
      for await (const lines of job.upTo > 0 || drain ? (source.readLines?.(job.shard) ?? []) : []) {
        handed += lines.bounds.length / 2;
        all ||= lines.bounds.length === 0;
        await audit.take(lines);
        progress();
        if ((audit.done || handed >= job.upTo || (all && handed >= job.least)) && !drain) break;
      }
    } finally {
      // What was handed over before is told before what the source said after it.
      await audit.drained();
    }
    progress();
    if (!audit.done && !(all && audit.seq >= job.least)) throw endedEarly(job, audit.seq);
    await audit.finish();
  }

  end(): Promise<{ outcome: ShardOutcome; accounts: ReadonlyMap<string, AuditedAccount> }> {
    return this.audit.end();
  }
}

function endedEarly({ shard, least, anchors = [] }: ShardJob, seq: number): DivergenceError {
  const anchored = anchoredUpTo(anchors) === least ? ', the last anchored checkpoint' : '';
  const found = `the end after ${seq} (has a relay published the rest?)`;
  return new DivergenceError({ shard, what: 'journal', expected: `events up to ${least}${anchored}`, found });
}
