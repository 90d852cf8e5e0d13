import { type DecodedEvent, decodeEvent, UnknownEventError } from './decode.js';
import { type Envelope, GENESIS_HASH } from './envelope.js';
import { hashOf } from './hash.js';

/** What came is not what must come next in this shard's journal. */
export class JournalFaultError extends Error {
  override readonly name: string = 'JournalFaultError';
}

/** Events are missing: `found` came where `expected` must come. */
export class JournalGapError extends JournalFaultError {
  override readonly name = 'JournalGapError';

  constructor(
    readonly cluster: string,
    readonly shard: number,
    readonly expected: number,
    readonly found: number,
  ) {
    super(
      `the journal of shard ${shard} of ${cluster}: event ${found} follows event ${expected - 1}, ` +
        `where event ${expected} must come`,
    );
  }
}

export interface JournalPosition {
  /** Of the last event that was taken. */
  readonly seq: number;
  /** Of its text, to compare with the next one's `prev`; ANY_HASH: the next one is believed. */
  readonly hash: string;
}
export const JOURNAL_START: JournalPosition = { seq: 0, hash: GENESIS_HASH };
/** Of a position that was chosen by its sequence alone. */
export const ANY_HASH = '';

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
        const decoded = this.next(text);
        if (decoded !== undefined) events.push(decoded);
      }
    } catch (fault) {
      return { events, fault };
    }
    return { events };
  }

  /**
   * The event, if it is new. @throws JournalFaultError if it can not be next; UnknownEventError, SyntaxError if it can not
   * be read: then the cursor stays, and `pass` goes on without it.
   */
  next(text: string): DecodedEvent | undefined {
    const decoded = decodeEvent(text);
    return this.advance(decoded.envelope, text) ? decoded : undefined;
  }

  /**
   * Goes past an event that this release can not read, by its envelope; false if it is known already.
   * @throws JournalFaultError if it can not be next, UnknownEventError if the text is no event at all
   */
  pass(text: string): boolean {
    const envelope = envelopeOf(text);
    if (envelope === undefined) throw new UnknownEventError(`"${text.slice(0, 40)}" is no event`);
    return this.advance(envelope, text);
  }

  private advance(envelope: Envelope, text: string): boolean {
    const seq = Number(envelope.sequence);
    if (seq <= this.position.seq && this.isOurs(envelope)) return false;
    this.check(seq, envelope);
    this.position = { seq, hash: hashOf(text) };
    return true;
  }

  private isOurs({ cluster, shard }: Envelope): boolean {
    return cluster === this.cluster && Number(shard) === this.shard;
  }

  private check(seq: number, envelope: Envelope): void {
    const { seq: last, hash } = this.position;
    if (!this.isOurs(envelope)) {
      this.fail(`event ${envelope.id} of ${envelope.cluster} is in the partition of shard ${this.shard}`);
    }
    if (seq !== last + 1) throw new JournalGapError(this.cluster, this.shard, last + 1, seq);
    if (hash !== ANY_HASH && envelope.prev !== hash) {
      this.fail(`event ${seq} does not follow the event ${last} that was taken in: another journal`);
    }
  }

  private fail(what: string): never {
    throw new JournalFaultError(`the journal of shard ${this.shard} of ${this.cluster}: ${what}`);
  }
}

/** What any release can tell of an event; undefined of what is none. */
export function envelopeOf(text: string): Envelope | undefined {
  try {
    const found = JSON.parse(text) as Partial<Envelope> | null;
    const { shard, sequence, cluster, prev, time } = found ?? {};
    const texts = [shard, sequence, cluster, prev, time].every((one) => typeof one === 'string');
    return texts && /^\d+$/.test(sequence ?? '') ? (found as Envelope) : undefined;
  } catch {
    return undefined;
  }
}
