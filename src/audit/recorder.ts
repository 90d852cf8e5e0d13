import type { JournalEvent } from './journal-event.js';
import { BACK, CLAIM, FIRST, MOVED } from './marks/mark.js';
import { type MarkedLeg, MarkWriter, type WrittenMarks } from './marks/mark-writer.js';
import { FactWriter, type WrittenFacts } from './saga-facts.js';
import { stateOf } from './sagas.js';
import type { ShardBooks } from './shard-books.js';

/** What a shard's journal leaves to be judged when all of it was read. May be sent between threads. */
export interface Recorded {
  readonly marks: WrittenMarks;
  readonly facts: WrittenFacts;
}

/** Notes of each event what only the whole journal, or another shard's, can judge. */
export class Recorder {
  private readonly marks: MarkWriter;
  private readonly facts: FactWriter;

  constructor(
    private readonly books: ShardBooks,
    folder: string,
  ) {
    this.marks = new MarkWriter({ shard: books.shard, folder });
    this.facts = new FactWriter({ shard: books.shard, folder });
  }

  /** Takes an event that the books have taken. Returns an id that is none. */
  see(event: JournalEvent, seq: number): string | undefined {
    const { type, data } = event;
    const { transfer, claim, reference_claim: referenceClaim } = data;
    const digits = transfer?.slice(3) ?? '';
    let claimed = claim?.id.slice(4);
    if (transfer !== undefined) {
      const shared = claimed === digits;
      const flags = (isFirst(event) ? FIRST : 0) | (shared ? CLAIM : 0);
      if (shared) claimed = undefined;
      const moves = type === 'saldo.transfer.posted' || type === 'saldo.transfer.captured';
      const [first] = data.legs ?? [];
      const leg = moves && first !== undefined ? this.legOf(0, first) : undefined;
      if (flags !== 0 && !this.marks.add(digits, flags | (leg === undefined ? 0 : MOVED), seq, leg))
        return transfer;
      if (moves) this.legs(data, digits, seq);
      if (stateOf(event) !== undefined) this.facts.add(transfer, event);
    }
    if (claimed !== undefined && !this.marks.add(claimed, CLAIM, seq)) return claim?.id;
    if (referenceClaim !== undefined && !this.marks.add(referenceClaim.id.slice(4), CLAIM, seq))
      return referenceClaim.id;
    return data.reverses !== undefined && type === 'saldo.transfer.posted'
      ? this.backs(data, seq)
      : undefined;
  }

  end(): Recorded {
    return { marks: this.marks.end(), facts: this.facts.end() };
  }

  /** The legs after the first, right behind its mark. */
  private legs({ legs = [] }: JournalEvent['data'], digits: string, seq: number): void {
    for (let i = 1; i < legs.length; i += 1) {
      const leg = legs[i];
      if (leg !== undefined) this.marks.add(digits, MOVED, seq, this.legOf(i, leg));
    }
  }

  private backs(
    { reverses = '', legs = [], parts = [] }: JournalEvent['data'],
    seq: number,
  ): string | undefined {
    for (const [i, { leg: index }] of parts.entries()) {
      const leg = legs[i];
      if (leg !== undefined && !this.marks.add(reverses.slice(3), BACK, seq, this.legOf(index, leg)))
        return reverses;
    }
    return undefined;
  }

  private legOf(
    index: number,
    { debit, credit, amount }: { readonly debit: string; readonly credit: string; readonly amount: string },
  ): MarkedLeg {
    const { accounts } = this.books;
    return {
      index,
      debit: accounts.get(debit)?.ordinal ?? 0,
      credit: accounts.get(credit)?.ordinal ?? 0,
      amount,
    };
  }
}

/** The first step of a transfer or another operation in its shard, or a cancel that came before any. */
const isFirst = ({ type, data }: JournalEvent): boolean =>
  data.tombstone === true ||
  (type !== 'saldo.transfer.confirmed' &&
    type !== 'saldo.transfer.canceled' &&
    type !== 'saldo.hold.expired');
