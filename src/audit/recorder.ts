import { countOf } from './count.js';
import type { JournalEvent, LegData } from './journal-event.js';
import { BACK, CLAIM, FIRST, GIVEN_UP, MOVED } from './marks/mark.js';
import { type MarkedLeg, MarkWriter, type WrittenMarks } from './marks/mark-writer.js';
import type { IdBits } from './posted/account-index.js';
import { FactWriter, type WrittenFacts } from './saga-facts.js';
import { isOfDebits, purposeIn } from './saga-legs.js';
import { stateOf } from './sagas.js';
import type { ShardBooks } from './shard-books.js';

/** What a shard's journal leaves to be judged when all of it was read. May be sent between threads. */
export interface Recorded {
  readonly marks: WrittenMarks;
  readonly facts: WrittenFacts;
}

/** A plain posted transfer's id and its key's, which may have the same digits. */
export interface PostedIds {
  readonly transfer: IdBits;
  readonly claimed: 'nothing' | 'transfer' | 'other';
  readonly claimId: IdBits;
}

/** Notes of each event what only the whole journal, or another shard's, can judge. */
export class Recorder {
  private readonly marks: MarkWriter;
  private readonly facts: FactWriter;
  /** The legs of sagas that this shard coordinates and that have not ended. */
  private readonly underWay = new Map<string, readonly LegData[]>();

  constructor(
    private readonly books: ShardBooks,
    folder: string,
  ) {
    this.marks = new MarkWriter({ shard: books.shard, folder });
    this.facts = new FactWriter({ shard: books.shard, folder });
  }

  /** Takes an event that the books have taken. Returns an id that is none. */
  see(event: JournalEvent, seq: number): string | undefined {
    const { data } = event;
    const { transfer, claim, reference_claim: referenceClaim } = data;
    const digits = transfer?.slice(3) ?? '';
    let claimed = claim?.id.slice(4);
    if (transfer !== undefined) {
      const shared = claimed === digits;
      const flags = (isFirst(event) ? FIRST : 0) | (shared ? CLAIM : 0);
      if (shared) claimed = undefined;
      const legs = movedBy(event);
      const [first] = legs;
      const leg = first === undefined ? undefined : legOf(0, first);
      if (flags !== 0 && !this.marks.add(digits, flags | (leg === undefined ? 0 : MOVED), seq, leg))
        return transfer;
      this.legs(legs, digits, seq);
      const wrong = this.follow(event, transfer, seq);
      if (wrong !== undefined) return wrong;
      const [saga, part] = this.partOf(event, transfer);
      if (stateOf(part) !== undefined) this.facts.add(saga, part);
    }
    if (claimed !== undefined && !this.marks.add(claimed, CLAIM, seq)) return claim?.id;
    if (referenceClaim !== undefined && !this.marks.add(referenceClaim.id.slice(4), CLAIM, seq))
      return referenceClaim.id;
    return undefined;
  }

  /** Takes a plain posted transfer of one leg. */
  seePosted({ transfer, claimed, claimId }: PostedIds, seq: number, leg: MarkedLeg): void {
    this.marks.addWords(transfer.words, FIRST | MOVED | (claimed === 'transfer' ? CLAIM : 0), seq, leg);
    if (claimed === 'other') this.marks.addWords(claimId.words, CLAIM, seq);
  }

  end(): Recorded {
    return { marks: this.marks.end(), facts: this.facts.end() };
  }

  /** An approval begins the saga of what it is about, whose legs the event before has. */
  private partOf(event: JournalEvent, transfer: string): readonly [string, JournalEvent] {
    const { decided } = this.books.reviews;
    if (event.type !== 'saldo.review.approved' || decided === undefined) return [transfer, event];
    const { id, legs } = decided;
    return [id, { ...event, data: { ...event.data, transfer: id, legs } }];
  }

  /** The legs after the first, right behind its mark. */
  private legs(legs: readonly LegData[], digits: string, seq: number): void {
    for (let i = 1; i < legs.length; i += 1) {
      const leg = legs[i];
      if (leg !== undefined) this.marks.add(digits, MOVED, seq, legOf(i, leg));
    }
  }

  /** Reversals, and the ends of sagas: what was canceled is moved back as a whole, so that nothing is left to reverse. */
  private follow(event: JournalEvent, transfer: string, seq: number): string | undefined {
    const { type, data } = event;
    const { reverses, parts = [] } = data;
    const legs = this.underWay.get(transfer);
    switch (type) {
      case 'saldo.transfer.tried':
        if (data.intent === undefined) return undefined;
        this.underWay.set(transfer, movedBy(event));
        return this.back(reverses, BACK, parts, movedBy(event), seq);
      case 'saldo.review.approved':
        if (data.intent !== undefined && !isOfDebits(purposeIn(data)))
          this.underWay.set(data.review ?? '', data.intent.plan.legs);
        return undefined;
      case 'saldo.transfer.posted':
        return this.back(reverses, BACK, parts, movedBy(event), seq);
      case 'saldo.transfer.confirmed':
        this.underWay.delete(transfer);
        return undefined;
      case 'saldo.transfer.canceled': {
        if (legs === undefined) return undefined;
        this.underWay.delete(transfer);
        const turned = legs.map((leg) => ({ ...leg, debit: leg.credit, credit: leg.debit }));
        const whole = legs.map((_, leg) => ({ leg }));
        return (
          this.back(transfer, BACK, whole, turned, seq) ??
          this.back(reverses, BACK | GIVEN_UP, parts, legs, seq)
        );
      }
      default:
        return undefined;
    }
  }

  private back(
    of: string | undefined,
    flags: number,
    parts: readonly { readonly leg: number }[],
    legs: readonly LegData[],
    seq: number,
  ): string | undefined {
    if (of === undefined) return undefined;
    for (const [i, { leg: index }] of parts.entries()) {
      const leg = legs[i];
      if (leg !== undefined && !this.marks.add(of.slice(3), flags, seq, legOf(index, leg))) return of;
    }
    return undefined;
  }
}

/** What an event moves, or a saga whose coordinator's try it is will move, on whichever shards. */
function movedBy({ type, data }: JournalEvent): readonly LegData[] {
  // Debits that are set aside or freed on several shards move nothing.
  if (isOfDebits(purposeIn(data))) return [];
  if (type === 'saldo.transfer.tried') return data.intent?.plan.legs ?? [];
  // That it was approved before anything of it is moved back, the books see to.
  if (type === 'saldo.transfer.review')
    return data.step === 'hold' ? [] : (data.plan?.legs ?? data.legs ?? []);
  return type === 'saldo.transfer.posted' || type === 'saldo.transfer.captured' ? (data.legs ?? []) : [];
}

/** An account is known by the last 32 bits of its id, which is a hash: also one of another shard. */
const legOf = (index: number, { debit, credit, amount }: LegData): MarkedLeg => ({
  index,
  debit: Number.parseInt(debit.slice(-8), 16),
  credit: Number.parseInt(credit.slice(-8), 16),
  amount: countOf(amount),
});

/** The first step of a transfer or another operation in its shard, or a cancel that came before any. */
const isFirst = ({ type, data }: JournalEvent): boolean =>
  data.tombstone === true ||
  (type !== 'saldo.transfer.confirmed' &&
    type !== 'saldo.transfer.canceled' &&
    type !== 'saldo.hold.expired' &&
    type !== 'saldo.review.expired');
