import { type DecodedEvent, decodeEvent } from '../journal/decode.js';
import { GENESIS_HASH } from '../journal/envelope.js';
import { hashOf } from '../journal/hash.js';

/** What came is not what must come next in this shard's journal. */
export class JournalFaultError extends Error {
  override readonly name = 'JournalFaultError';
}

export interface JournalPosition {
  readonly seq: number;
  readonly hash: string;
}
export const JOURNAL_START: JournalPosition = { seq: 0, hash: GENESIS_HASH };

export interface Taken {
  readonly events: readonly DecodedEvent[];
  /** JournalFaultError, UnknownEventError, or whatever makes a text no event. */
  readonly fault?: unknown;
}

/** Lets each event of a shard's journal through once and in order: skips what is known, and stops at a gap. */
export class JournalCursor {
  constructor(
    private readonly cluster: string,
    private readonly shard: number,
    private position: JournalPosition,
  ) {}

  get at(): JournalPosition {
    return this.position;
  }

  /** Whether a reading that begins with this text leaves no gap. */
  continues(text: string): boolean {
    return decodeEvent(text).seq <= this.position.seq + 1;
  }

  /** The events of the texts that are new, up to the first that can not be next; what is wrong with that is the fault. */
  take(texts: readonly string[]): Taken {
    const events: DecodedEvent[] = [];
    try {
      for (const text of texts) {
        const decoded = decodeEvent(text);
        if (decoded.seq <= this.position.seq) continue;
        this.check(decoded);
        this.position = { seq: decoded.seq, hash: hashOf(text) };
        events.push(decoded);
      }
    } catch (fault) {
      return { events, fault };
    }
    return { events };
  }

  private check({ seq, envelope }: DecodedEvent): void {
    const { seq: last, hash } = this.position;
    if (envelope.cluster !== this.cluster || Number(envelope.shard) !== this.shard) {
      this.fail(`event ${envelope.id} of ${envelope.cluster} is in the partition of shard ${this.shard}`);
    }
    if (seq !== last + 1) this.fail(`event ${seq} follows event ${last}`);
    if (envelope.prev !== hash) {
      this.fail(`event ${seq} does not follow the event ${last} that was taken in: another journal`);
    }
  }

  private fail(what: string): never {
    throw new JournalFaultError(`the journal of shard ${this.shard} of ${this.cluster}: ${what}`);
  }
}
