import type { JournalEvent, LegData, PartData } from './journal-event.js';

/** What is wrong with an event: which rule, what was expected, what was found. */
type Wrong = readonly [what: string, expected: string, found: string];

interface Hold {
  readonly tenant: string;
  readonly legs: readonly LegData[];
  readonly remaining: bigint[];
  readonly expires: string | undefined;
}

/** Open holds: captures and releases never come to more than was set aside, and after the end comes nothing. */
export class Holds {
  private readonly open = new Map<string, Hold>();
  /** Ended by the event that is being read: its entries are still to be checked against its legs. */
  private ending: { readonly id: string; readonly hold: Hold } | undefined;

  see({ type, tenant = '', data }: JournalEvent, transfer: string): Wrong | undefined {
    this.ending = undefined;
    if (type === 'saldo.transfer.held') {
      const legs = data.legs ?? [];
      const remaining = legs.map(({ amount }) => BigInt(amount));
      this.open.set(transfer, { tenant, legs, remaining, expires: data.expires_at });
      return undefined;
    }
    if (type === 'saldo.transfer.captured') return this.capture(data.hold ?? '', tenant, data);
    if (type === 'saldo.hold.voided') return this.end(data.hold ?? '', tenant, data.released ?? []);
    if (type === 'saldo.hold.expired') return this.end(transfer, tenant, data.released ?? []);
    return undefined;
  }

  /** The parts of a hold as legs of their own. */
  legsOf(id: string, parts: readonly PartData[]): LegData[] {
    const hold = this.ending?.id === id ? this.ending.hold : this.open.get(id);
    return parts.flatMap(({ leg, amount }) => {
      const of = hold?.legs[leg];
      return of === undefined ? [] : [{ ...of, amount }];
    });
  }

  /** Those with a time, as their rows in the shard are. */
  expiring(): [string, string][] {
    return [...this.open].flatMap(([id, { tenant, expires }]) =>
      expires === undefined ? [] : [[id, `${tenant} ${Date.parse(expires)}`] as [string, string]],
    );
  }

  private capture(id: string, tenant: string, data: JournalEvent['data']): Wrong | undefined {
    const hold = this.open.get(id);
    if (hold?.tenant !== tenant) return ['capture', 'of an open hold', `none ${id}`];
    const { parts = [], legs = [], released = [] } = data;
    if (parts.length !== legs.length) return ['parts', String(legs.length), String(parts.length)];
    for (const [i, { leg, amount }] of parts.entries()) {
      const [of, moved] = [hold.legs[leg], legs[i]];
      const same = of !== undefined && moved?.debit === of.debit && moved.credit === of.credit;
      if (!same || moved.asset !== of.asset || moved.amount !== amount) {
        return ['leg of a capture', `${amount} of leg ${leg} of ${id}`, JSON.stringify(moved)];
      }
    }
    const exceeded = take(hold, parts) ?? take(hold, released);
    if (exceeded !== undefined) return exceeded;
    const left = hold.remaining.some((amount) => amount > 0n);
    if (data.final === true && left) return ['final capture', 'nothing remaining', hold.remaining.join()];
    if (data.final !== true && released.length > 0) return ['released', 'nothing', JSON.stringify(released)];
    if (data.final === true || !left) this.close(id, hold);
    return undefined;
  }

  private end(id: string, tenant: string, released: readonly PartData[]): Wrong | undefined {
    const hold = this.open.get(id);
    if (hold?.tenant !== tenant) return ['end of a hold', 'an open hold', `none ${id}`];
    const exceeded = take(hold, released);
    if (exceeded !== undefined) return exceeded;
    if (hold.remaining.some((amount) => amount > 0n))
      return ['released', 'all that remained', hold.remaining.join()];
    this.close(id, hold);
    return undefined;
  }

  private close(id: string, hold: Hold): void {
    this.open.delete(id);
    this.ending = { id, hold };
  }
}

function take(hold: Hold, parts: readonly PartData[]): Wrong | undefined {
  for (const { leg, amount } of parts) {
    const left = (hold.remaining[leg] ?? 0n) - BigInt(amount);
    if (left < 0n) return ['part of a hold', `at most ${hold.remaining[leg] ?? 0n}`, amount];
    hold.remaining[leg] = left;
  }
  return undefined;
}

/** What a reversal says of itself; that it moves back what was moved, and no more, is told by marks (`marks/`). */
export function reversalWrong({ reverses, legs = [], parts = [] }: JournalEvent['data']): Wrong | undefined {
  if (reverses === undefined) return undefined;
  if (parts.length !== legs.length) return ['parts', String(legs.length), String(parts.length)];
  const other = parts.findIndex(({ amount }, i) => legs[i]?.amount !== amount);
  return other < 0
    ? undefined
    : ['leg of a reversal', String(parts[other]?.amount), String(legs[other]?.amount)];
}
