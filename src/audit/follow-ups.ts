import type { EventData, JournalEvent, LegData, PartData } from './journal-event.js';

/** What is wrong with an event: which rule, what was expected, what was found. */
export type Wrong = readonly [what: string, expected: string, found: string];

interface Hold {
  readonly tenant: string;
  readonly legs: readonly LegData[];
  /** The same legs, whole, where their credits lie on other shards. */
  readonly planned: readonly LegData[] | undefined;
  readonly remaining: bigint[];
  readonly expires: string | undefined;
  open: boolean;
  /** What captures across shards have set aside of it and not ended. */
  readonly captures: Map<string, readonly PartData[]>;
}

/** Holds: captures and releases never come to more than was set aside, and after the end comes nothing new. */
export class Holds {
  /** Open, or with captures under way. */
  private readonly known = new Map<string, Hold>();
  /** Ended by the event that is being read: its entries are still to be checked against its legs. */
  private ending: { readonly id: string; readonly hold: Hold } | undefined;

  see({ type, tenant = '', data }: JournalEvent, transfer: string): Wrong | undefined {
    this.ending = undefined;
    switch (type) {
      case 'saldo.transfer.held': {
        const { legs = [], plan, expires_at: expires } = data;
        this.hold(transfer, tenant, { legs, planned: plan?.legs, expires });
        return undefined;
      }
      case 'saldo.transfer.captured':
        return this.capture(data.hold ?? '', tenant, data);
      case 'saldo.hold.voided':
        return this.end(data.hold ?? '', tenant, data.released ?? []);
      case 'saldo.hold.expired':
        return this.end(transfer, tenant, data.released ?? []);
      case 'saldo.transfer.tried':
        return isCapture(data) ? this.begin(transfer, tenant, data) : undefined;
      case 'saldo.transfer.confirmed':
      case 'saldo.transfer.canceled':
        return isCapture(data) ? this.settle(transfer, tenant, type, data) : undefined;
      default:
        return undefined;
    }
  }

  /** `planned`: where its credits lie on other shards. */
  hold(
    id: string,
    tenant: string,
    { legs, planned, expires }: Pick<Hold, 'legs' | 'planned' | 'expires'>,
  ): void {
    const remaining = legs.map(({ amount }) => BigInt(amount));
    this.known.set(id, { tenant, legs, planned, remaining, expires, open: true, captures: new Map() });
  }

  /** The parts of a hold as legs of their own. */
  legsOf(id: string, parts: readonly PartData[]): LegData[] {
    const hold = this.ending?.id === id ? this.ending.hold : this.known.get(id);
    return parts.flatMap(({ leg, amount }) => {
      const of = hold?.legs[leg];
      return of === undefined ? [] : [{ ...of, amount }];
    });
  }

  /** Those with a time, as their rows in the shard are. */
  expiring(): [string, string][] {
    return [...this.known].flatMap(([id, { tenant, expires, open }]) =>
      expires === undefined || !open ? [] : [[id, `${tenant} ${Date.parse(expires)}`] as [string, string]],
    );
  }

  private capture(id: string, tenant: string, data: EventData): Wrong | undefined {
    const hold = this.openHold(id, tenant);
    if (hold === undefined) return ['capture', 'of an open hold', `none ${id}`];
    const { parts = [], legs = [], released = [] } = data;
    const exceeded = unlike(hold.legs, parts, legs, id) ?? take(hold, parts) ?? take(hold, released);
    if (exceeded !== undefined) return exceeded;
    const left = hold.remaining.some((amount) => amount > 0n);
    if (data.final === true && left) return ['final capture', 'nothing remaining', hold.remaining.join()];
    if (data.final !== true && released.length > 0) return ['released', 'nothing', JSON.stringify(released)];
    if (data.final === true || isUsedUp(hold)) this.close(id, hold);
    return undefined;
  }

  /** A capture across shards: its part is set aside, of a hold whose plan it takes its legs from. */
  private begin(transfer: string, tenant: string, { hold: id = '', ...data }: EventData): Wrong | undefined {
    const hold = this.openHold(id, tenant);
    if (hold === undefined) return ['capture', 'of an open hold', `none ${id}`];
    const { parts = [], legs = [], intent } = data;
    const wrong =
      unlike(hold.legs, parts, legs, id) ??
      unlike(hold.planned ?? [], parts, intent?.plan.legs ?? [], id) ??
      take(hold, parts);
    hold.captures.set(transfer, parts);
    return wrong;
  }

  private settle(transfer: string, tenant: string, type: string, data: EventData): Wrong | undefined {
    const { hold: id = '', parts = [], released = [], final = false } = data;
    const hold = this.known.get(id);
    const begun = hold?.captures.get(transfer);
    if (hold === undefined || begun === undefined || hold.tenant !== tenant)
      return ['end of a capture', `one under way of ${id}`, 'none'];
    if (textOf(parts) !== textOf(begun)) return ['parts', textOf(begun), textOf(parts)];
    hold.captures.delete(transfer);
    const confirmed = type === 'saldo.transfer.confirmed';
    const rest = hold.remaining.flatMap((amount, leg) => (amount > 0n ? [{ leg, amount: `${amount}` }] : []));
    const free = confirmed ? (final && hold.open ? rest : []) : hold.open ? [] : parts;
    if (textOf(free) !== textOf(released)) return ['released', textOf(free), textOf(released)];
    if (!confirmed && hold.open) give(hold, parts);
    if (confirmed && hold.open && final) take(hold, released);
    if (!hold.open || (confirmed && (final || isUsedUp(hold)))) this.close(id, hold);
    return undefined;
  }

  private end(id: string, tenant: string, released: readonly PartData[]): Wrong | undefined {
    const hold = this.openHold(id, tenant);
    if (hold === undefined) return ['end of a hold', 'an open hold', `none ${id}`];
    const exceeded = take(hold, released);
    if (exceeded !== undefined) return exceeded;
    if (hold.remaining.some((amount) => amount > 0n))
      return ['released', 'all that remained', hold.remaining.join()];
    this.close(id, hold);
    return undefined;
  }

  private openHold(id: string, tenant: string): Hold | undefined {
    const hold = this.known.get(id);
    return hold?.open === true && hold.tenant === tenant ? hold : undefined;
  }

  private close(id: string, hold: Hold): void {
    hold.open = false;
    this.ending = { id, hold };
    if (hold.captures.size === 0) this.known.delete(id);
  }
}

/** In a coordinator's event; a participant's names the hold alone. */
const isCapture = ({ hold, parts }: EventData): boolean => hold !== undefined && parts !== undefined;

const isUsedUp = ({ remaining, captures }: Hold): boolean =>
  captures.size === 0 && remaining.every((amount) => amount === 0n);

const textOf = (parts: readonly PartData[]): string =>
  parts.map(({ leg, amount }) => `${amount} of leg ${leg}`).join(', ');

function take(hold: Hold, parts: readonly PartData[]): Wrong | undefined {
  for (const { leg, amount } of parts) {
    const left = (hold.remaining[leg] ?? 0n) - BigInt(amount);
    if (left < 0n) return ['part of a hold', `at most ${hold.remaining[leg] ?? 0n}`, amount];
    hold.remaining[leg] = left;
  }
  return undefined;
}

function give(hold: Hold, parts: readonly PartData[]): void {
  for (const { leg, amount } of parts) hold.remaining[leg] = (hold.remaining[leg] ?? 0n) + BigInt(amount);
}

/** Where a leg is not the part that it is said to be. */
function unlike(
  of: readonly LegData[],
  parts: readonly PartData[],
  legs: readonly LegData[],
  id: string,
): Wrong | undefined {
  if (parts.length !== legs.length) return ['parts', String(legs.length), String(parts.length)];
  for (const [i, { leg, amount }] of parts.entries()) {
    const [whole, moved] = [of[leg], legs[i]];
    const same = whole !== undefined && moved?.debit === whole.debit && moved.credit === whole.credit;
    if (!same || moved.asset !== whole.asset || moved.amount !== amount) {
      return ['leg of a part', `${amount} of leg ${leg} of ${id}`, JSON.stringify(moved)];
    }
  }
  return undefined;
}

/** What a reversal says of itself; that it moves back what was moved, and no more, is told by marks (`marks/`). */
export function reversalWrong({ reverses, parts = [], ...data }: EventData): Wrong | undefined {
  const legs = data.intent?.plan.legs ?? data.legs;
  // Its end says no legs: they are its try's.
  if (reverses === undefined || legs === undefined) return undefined;
  if (parts.length !== legs.length) return ['parts', String(legs.length), String(parts.length)];
  const other = parts.findIndex(({ amount }, i) => legs[i]?.amount !== amount);
  return other < 0
    ? undefined
    : ['leg of a reversal', String(parts[other]?.amount), String(legs[other]?.amount)];
}
