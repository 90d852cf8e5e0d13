import type { EventData, JournalEvent, LegData, PartData, PlanData } from './journal-event.js';
import { plannedLegs, writtenLegs } from './saga-legs.js';

/** What is wrong with an event: which rule, what was expected, what was found. */
export type Wrong = readonly [what: string, expected: string, found: string];

type PlannedLeg = PlanData['legs'][number];

interface Hold {
  readonly tenant: string;
  /** As this shard's books have them. */
  readonly legs: readonly LegData[];
  /** All of them, where other shards take part: then parts are of these. */
  readonly planned: readonly PlannedLeg[] | undefined;
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
  /** With debits on several shards, and not held yet. */
  private readonly making = new Map<string, HoldTerms & { readonly tenant: string }>();
  /** What was just begun to be freed elsewhere: the next event must say that it is free of the hold. */
  private releases: { readonly hold: string; readonly parts: readonly PartData[] }[] = [];

  constructor(private readonly shard: number) {}

  /** Whether the next event must be one that frees a hold. */
  get expecting(): boolean {
    return this.releases.length > 0;
  }

  see(event: JournalEvent, transfer: string): Wrong | undefined {
    const begun = this.releases;
    this.releases = [];
    this.ending = undefined;
    const wrong = this.take(event, transfer);
    if (wrong !== undefined || this.releases.length === 0)
      return wrong ?? this.releaseWrong(event, transfer, begun);
    this.releases.unshift(...begun);
    return undefined;
  }

  private take({ type, tenant = '', data }: JournalEvent, transfer: string): Wrong | undefined {
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
        return this.expire(transfer, tenant, data.released ?? []);
      case 'saldo.transfer.tried':
        if (isCapture(data)) return this.begin(transfer, tenant, data);
        if (data.releases !== undefined && data.parts !== undefined) return this.beginRelease(tenant, data);
        if (data.intent?.plan.holds === true) {
          const { legs = [], intent, expires_at: expires } = data;
          this.make(transfer, tenant, { legs, planned: intent.plan.legs, expires });
        }
        return undefined;
      case 'saldo.transfer.confirmed':
      case 'saldo.transfer.canceled':
        return isCapture(data) ? this.settle(transfer, tenant, type, data) : this.made(transfer, type);
      default:
        return undefined;
    }
  }

  hold(id: string, tenant: string, { legs, planned, expires }: HoldTerms): void {
    const remaining = (planned ?? legs).map(({ amount }) => BigInt(amount));
    this.known.set(id, { tenant, legs, planned, remaining, expires, open: true, captures: new Map() });
  }

  /** One with debits on several shards, which is held once this shard, its coordinator, confirms it. */
  make(id: string, tenant: string, terms: HoldTerms): void {
    this.making.set(id, { tenant, ...terms });
  }

  /** The parts of a hold that are debited here, as legs of their own. */
  legsOf(id: string, parts: readonly PartData[]): LegData[] {
    const hold = this.ending?.id === id ? this.ending.hold : this.known.get(id);
    return parts.flatMap(({ leg, amount }) => {
      const of = (hold?.planned ?? hold?.legs)?.[leg];
      return of === undefined || (hold !== undefined && this.isElsewhere(hold, leg))
        ? []
        : [{ debit: of.debit, credit: of.credit, asset: of.asset, amount }];
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
    const exceeded =
      unlike(hold.planned ?? hold.legs, parts, legs, id) ?? take(hold, parts) ?? take(hold, released);
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
      unlike(hold.planned ?? [], parts, intent?.plan.legs ?? [], id) ??
      take(hold, parts) ??
      (intent && this.unplanned(intent.plan, legs));
    hold.captures.set(transfer, parts);
    return wrong;
  }

  private unplanned(plan: PlanData, legs: readonly LegData[]): Wrong | undefined {
    const [expected, found] = [plannedLegs(plan, this.shard, 'capture'), writtenLegs(legs)];
    return expected === found ? undefined : ['legs of a capture', expected, found];
  }

  /** The end of the making of a hold, if it is one. */
  private made(id: string, type: string): Wrong | undefined {
    const making = this.making.get(id);
    this.making.delete(id);
    if (making !== undefined && type === 'saldo.transfer.confirmed') this.hold(id, making.tenant, making);
    return undefined;
  }

  /** What of a hold is to be freed on another shard: of its legs there, by the plan. */
  private beginRelease(
    tenant: string,
    { releases: id = '', parts = [], intent }: EventData,
  ): Wrong | undefined {
    const hold = this.known.get(id);
    if (hold?.tenant !== tenant) return ['release', 'of a hold', `none ${id}`];
    const here = parts.find(({ leg }) => !this.isElsewhere(hold, leg));
    if (here !== undefined) return ['release', 'of legs that others debit', `leg ${here.leg} of ${id}`];
    if (intent?.deadline !== NEVER) return ['deadline of a release', NEVER, String(intent?.deadline)];
    this.releases.push({ hold: id, parts });
    return unlike(hold.planned ?? [], parts, intent.plan.legs, id);
  }

  /** What comes free of a hold elsewhere is what releases were begun for, right before it. */
  private releaseWrong(
    { data }: JournalEvent,
    transfer: string,
    begun: Holds['releases'],
  ): Wrong | undefined {
    if (begun.length === 0 && data.released === undefined) return undefined;
    const { released = [], hold: of = transfer } = data;
    const hold = this.ending?.id === of ? this.ending.hold : this.known.get(of);
    const elsewhere = released.filter(({ leg }) => hold !== undefined && this.isElsewhere(hold, leg));
    const other = begun.find((release) => release.hold !== of);
    if (other !== undefined) return ['release', `of ${of}`, `of ${other.hold}`];
    const byLeg = (parts: readonly PartData[]): string => textOf([...parts].sort((a, b) => a.leg - b.leg));
    const [expected, found] = [byLeg(elsewhere), byLeg(begun.flatMap(({ parts }) => parts))];
    return expected === found ? undefined : ['releases of what is debited elsewhere', expected, found];
  }

  private isElsewhere({ planned }: Hold, leg: number): boolean {
    const of = planned?.[leg];
    return of !== undefined && of.debit_shard !== this.shard;
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

  private expire(id: string, tenant: string, released: readonly PartData[]): Wrong | undefined {
    const hold = this.openHold(id, tenant);
    return hold !== undefined && hold.expires === undefined
      ? ['expiry', 'of a hold with expires_at', `${id}, which has none`]
      : this.end(id, tenant, released);
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

/** The deadline of what can only go forward. */
const NEVER = '9999-12-31T23:59:59.999Z';

type HoldTerms = Pick<Hold, 'legs' | 'planned' | 'expires'>;

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
