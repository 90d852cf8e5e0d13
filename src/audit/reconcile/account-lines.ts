import type { EntryData, JournalEvent, LegData } from '../journal-event.js';
import type { JournalSource } from '../journal-source.js';

/** One entry that moved an account's balance, as the journal has it. */
export interface AccountLine {
  readonly shard: number;
  readonly sequence: number;
  /** The account's version after it. */
  readonly version: number;
  readonly transfer: string;
  /** The hold that it captures. */
  readonly hold?: string;
  /** When the shard booked it, and when it counts where that was said: RFC 3339. */
  readonly booked: string;
  readonly effective?: string;
  /** Minor units; a credit is above zero. */
  readonly amount: bigint;
  /** Of the transfer, or of the hold that it captures. */
  readonly references: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  /** The accounts on the other side. */
  readonly counterparties: readonly string[];
}

export interface AccountLinesOptions {
  readonly source: JournalSource;
  /** By shard: how many events are wanted. */
  readonly upTo: readonly number[];
  readonly account: string;
}

type Moved = Pick<AccountLine, 'shard' | 'sequence' | 'version' | 'transfer' | 'booked' | 'amount'>;

/**
 * What moved an account's balance, in the order of its entries. The events are taken as they are: replay them first to know
 * that they can be.
 */
export async function readAccountLines({
  source,
  upTo,
  account,
}: AccountLinesOptions): Promise<AccountLine[]> {
  const facts = new Facts();
  const moved: Moved[] = [];
  const take = (text: string, shard: number): void => {
    // Each step of a transfer names every account of it that has an entry there, and its plan all of them.
    if (!text.includes(account)) return;
    const event = JSON.parse(text) as JournalEvent;
    facts.see(event);
    for (const entry of event.data.entries ?? []) {
      const amount = entry.account === account ? postedBy(entry) : 0n;
      if (amount === 0n) continue;
      const [transfer, booked] = [subjectOf(event), event.time];
      const [sequence, version] = [Number(event.sequence), entry.version];
      moved.push({ shard, sequence, version, transfer, booked, amount });
    }
  };
  await Promise.all(upTo.map((last, shard) => readShard(source, shard, last, (text) => take(text, shard))));
  return moved.sort((a, b) => a.version - b.version).map((one) => facts.about(one, account));
}

async function readShard(
  source: JournalSource,
  shard: number,
  last: number,
  take: (text: string) => void,
): Promise<void> {
  let seq = 0;
  if (last === 0) return;
  for await (const texts of source.read(shard)) {
    for (const text of texts.slice(0, last - seq)) take(text);
    seq += texts.length;
    // What judges its own end is read to it.
    if (seq >= last && source.holds === undefined) return;
  }
}

const postedBy = ({ before, after }: EntryData): bigint =>
  BigInt(after[1]) - BigInt(before[1]) - (BigInt(after[0]) - BigInt(before[0]));

/** An approval posts what was in review. */
const subjectOf = ({ type, data }: JournalEvent): string =>
  (type === 'saldo.review.approved' ? data.review : data.transfer) ?? '';

interface TransferFacts {
  readonly reference?: string;
  readonly effective?: string;
  readonly hold?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly legs?: readonly LegData[];
}

/** What the events say of each transfer: its parts may be in another shard's, or in an earlier one. */
class Facts {
  private readonly byTransfer = new Map<string, TransferFacts>();

  see(event: JournalEvent): void {
    const { reference, effective_at: effective, hold, metadata, intent, plan, legs } = event.data;
    if (event.data.transfer === undefined) return;
    const id = subjectOf(event);
    const known = this.byTransfer.get(id);
    const whole = intent?.plan.legs ?? plan?.legs;
    const said = {
      ...(reference === undefined ? {} : { reference }),
      ...(effective === undefined ? {} : { effective }),
      ...(hold === undefined ? {} : { hold }),
      ...(metadata === undefined ? {} : { metadata }),
      // A plan's legs name both accounts; those of a step may have in their place what stands for another shard.
      ...(whole === undefined
        ? known?.legs === undefined && legs !== undefined
          ? { legs }
          : {}
        : { legs: whole }),
    };
    this.byTransfer.set(id, { ...known, ...said });
  }

  about(moved: Moved, account: string): AccountLine {
    const own = this.byTransfer.get(moved.transfer);
    const { hold } = own ?? {};
    const held = hold === undefined ? undefined : this.byTransfer.get(hold);
    const legs = own?.legs ?? [];
    return {
      ...moved,
      ...(hold === undefined ? {} : { hold }),
      ...(own?.effective === undefined ? {} : { effective: own.effective }),
      references: [own?.reference, held?.reference].filter((one) => one !== undefined),
      metadata: { ...held?.metadata, ...own?.metadata },
      counterparties: [...new Set(legs.flatMap((leg) => otherSide(leg, account, moved.amount)))],
    };
  }
}

function otherSide({ debit, credit, in_transit }: LegData, account: string, amount: bigint): string[] {
  const [own, other, side] =
    amount > 0n ? [credit, debit, 'debit' as const] : [debit, credit, 'credit' as const];
  if (own !== account) return [];
  return [in_transit?.side === side ? in_transit.account : other];
}
