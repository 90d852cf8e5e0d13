import { type Count, countIn, plus, shortest } from './count.js';
import { DivergenceError } from './divergence.js';
import { Holds, reversalWrong } from './follow-ups.js';
import type { EntryData, JournalEvent, LegData } from './journal-event.js';
import { Reviews } from './reviews.js';
import { type Purpose, purposeIn } from './saga-legs.js';
import { Schedules } from './schedules.js';

export interface AuditedAccount {
  readonly tenant: string;
  readonly asset: string;
  readonly kind: string;
  readonly peer: number | null;
  readonly seq: number;
  readonly reference: string;
  min: Count | null;
  max: Count | null;
  status: string;
  reviewDebits: boolean;
  metadata: string;
  counters: Counters;
  version: number;
}
/** Debits posted, credits posted, debits pending, credits pending. */
export type Counters = [Count, Count, Count, Count];
type Movement = 'post' | 'set_aside' | 'confirm' | 'release';
type Admission = 'new' | 'hold' | 'capture';
interface OpenTry {
  readonly tenant: string;
  readonly legs: readonly LegData[];
  readonly purpose: Purpose;
  /** What it does to an earlier transfer, which its end repeats. */
  readonly follows: string;
}
/** One entry that an event must have. */
interface Change {
  readonly leg: LegData;
  readonly side: 'debit' | 'credit';
  readonly movement: Movement;
}

const MOVEMENTS: Readonly<Record<string, Movement>> = {
  'saldo.transfer.posted': 'post',
  'saldo.transfer.pivoted': 'post',
  'saldo.transfer.tried': 'set_aside',
  'saldo.transfer.confirmed': 'confirm',
  'saldo.transfer.canceled': 'release',
  'saldo.transfer.held': 'set_aside',
  'saldo.transfer.captured': 'post',
  'saldo.hold.voided': 'release',
  'saldo.hold.expired': 'release',
  'saldo.transfer.review': 'set_aside',
  'saldo.review.approved': 'confirm',
  'saldo.review.declined': 'release',
  'saldo.review.expired': 'release',
};
type Times = readonly [-1 | 0 | 1, -1 | 0 | 1, -1 | 0 | 1, -1 | 0 | 1];
/** How each movement changes the four counters, by side, in multiples of the amount. */
const DELTAS: Readonly<Record<Movement, { readonly debit: Times; readonly credit: Times }>> = {
  post: { debit: [1, 0, 0, 0], credit: [0, 1, 0, 0] },
  set_aside: { debit: [0, 0, 1, 0], credit: [0, 0, 0, 1] },
  confirm: { debit: [1, 0, -1, 0], credit: [0, 1, 0, -1] },
  release: { debit: [0, 0, -1, 0], credit: [0, 0, 0, -1] },
};
const KNOWN_TYPES = new Set([
  ...Object.keys(MOVEMENTS),
  'saldo.shard.opened',
  'saldo.writer_version.raised',
  'saldo.signing_key.added',
  'saldo.checkpoint.signed',
  'saldo.tenant.created',
  'saldo.account.opened',
  'saldo.account.changed',
  'saldo.account.change_rejected',
  'saldo.key.claimed',
  'saldo.transfer.rejected',
  'saldo.schedule.created',
  'saldo.schedule.fired',
  'saldo.schedule.skipped',
  'saldo.schedule.canceled',
]);

/**
 * One shard's balances, rebuilt from its events alone, with every rule checked on the way (P1, P2, P3). Holds the accounts
 * and what is open; that nothing begins twice is told by marks (`marks/`).
 */
export class ShardBooks {
  readonly accounts = new Map<string, AuditedAccount>();
  readonly tenants = new Map<string, { readonly placement: string; readonly seq: number }>();
  /** What open tries have set aside, to be confirmed or released leg by leg. */
  readonly openTries = new Map<string, OpenTry>();
  readonly holds: Holds;
  readonly reviews = new Reviews();
  readonly schedules = new Schedules();
  private seq = 0;
  private transfer: string | undefined;

  constructor(readonly shard: number) {
    this.holds = new Holds(shard);
  }

  apply(event: JournalEvent): void {
    this.seq = Number(event.sequence);
    this.transfer = event.data.transfer;
    if (!KNOWN_TYPES.has(event.type)) this.fail('event type', 'one this auditor knows', event.type);
    // Whatever else says that it does would be believed: nothing of it is compared with legs.
    const moves = MOVEMENTS[event.type] !== undefined && this.transfer !== undefined;
    if (!moves && event.data.entries !== undefined) this.fail('entries', 'none', `those of ${event.type}`);
    if (this.holds.expecting && MOVEMENTS[event.type] === undefined)
      this.fail('event after a release', 'one that frees the hold', event.type);
    if (event.type === 'saldo.tenant.created') this.openTenant(event);
    if (event.type === 'saldo.account.opened') this.openAccount(event);
    if (event.type === 'saldo.account.changed') this.changeAccount(event);
    if (this.transfer !== undefined) this.step(event, this.transfer);
    const wrong = this.schedules.see(event);
    if (wrong !== undefined) this.fail(...wrong);
  }

  /** P1: posted debits and credits of all accounts, by asset. */
  trialBalance(): [string, { debits: bigint; credits: bigint }][] {
    const sums = new Map<string, { debits: bigint; credits: bigint }>();
    for (const { asset, counters } of this.accounts.values()) {
      const of = sums.get(asset) ?? { debits: 0n, credits: 0n };
      sums.set(asset, {
        debits: of.debits + BigInt(counters[0]),
        credits: of.credits + BigInt(counters[1]),
      });
    }
    return [...sums];
  }

  private openTenant({ tenant = '', data }: JournalEvent): void {
    if (this.tenants.has(tenant)) this.fail('tenant', 'made once', `${tenant} again`);
    this.tenants.set(tenant, { placement: data.placement ?? '', seq: this.seq });
  }

  private openAccount({ tenant = '', data }: JournalEvent): void {
    const id = data.account ?? '';
    if (this.accounts.has(id)) this.fail('account', 'opened once', 'opened again', id);
    this.accounts.set(id, {
      tenant,
      asset: data.asset ?? '',
      kind: data.kind ?? '',
      min: limitIn(data.min_balance),
      max: limitIn(data.max_balance),
      status: 'open',
      reviewDebits: false,
      reference: data.reference ?? '',
      metadata: JSON.stringify(data.metadata ?? {}),
      peer: data.peer ?? null,
      seq: this.seq,
      counters: [0, 0, 0, 0],
      version: 0,
    });
  }

  private changeAccount({ tenant, data }: JournalEvent): void {
    const account = this.accounts.get(data.account ?? '');
    if (account === undefined || account.tenant !== tenant || account.kind !== 'account') {
      throw this.fault('account', `one of ${tenant}`, 'none', data.account);
    }
    const { status, min_balance: min, max_balance: max, metadata } = data.change ?? {};
    if (account.status === 'closed')
      this.fail('status', 'not closed', 'a change after closing', data.account);
    const [debits, credits, debitsPending, creditsPending] = account.counters;
    if (status === 'closed' && (debits !== credits || debitsPending !== 0 || creditsPending !== 0)) {
      this.fail('closing', 'an account at zero', account.counters.join(), data.account);
    }
    if (status !== undefined) account.status = status;
    if (data.change?.review_debits !== undefined) account.reviewDebits = data.change.review_debits;
    if (min !== undefined) account.min = limitIn(min);
    if (max !== undefined) account.max = limitIn(max);
    if (metadata !== undefined) account.metadata = JSON.stringify(metadata);
  }

  private step(event: JournalEvent, transfer: string): void {
    const { type, data, tenant = '' } = event;
    const ends = type === 'saldo.transfer.confirmed' || type === 'saldo.transfer.canceled';
    const first = !ends && type !== 'saldo.hold.expired' && type !== 'saldo.review.expired';
    const tried = this.openTries.get(transfer);
    if (ends && tried === undefined && data.tombstone !== true) {
      this.fail('step', 'an open try', `${type} without one`);
    }
    if (ends && data.legs !== undefined) this.fail('legs', 'none: its try has them', `those of ${type}`);
    if (ends && tried !== undefined && tried.tenant !== tenant) this.fail('tenant', tried.tenant, tenant);
    if (ends && tried !== undefined && tried.follows !== followsIn(data))
      this.fail('what it was about', tried.follows, followsIn(data));
    if (first && data.reverses !== undefined && this.openTries.has(data.reverses))
      this.fail('reversal', 'of a posted transfer', 'of one under way');
    const movement = MOVEMENTS[type];
    if (movement === undefined) return;
    const legs = ends ? (tried?.legs ?? []) : (data.legs ?? []);
    const wrong = this.holds.see(event, transfer) ?? reversalWrong(data) ?? this.reviews.see(event, transfer);
    if (wrong !== undefined) this.fail(...wrong);
    const purpose = tried?.purpose ?? (type === 'saldo.transfer.held' ? 'hold' : purposeOfStep(data));
    if (first && type !== 'saldo.hold.voided') this.checkAdmitted(legs, tenant, purpose);
    this.checkMarks(event, legs);
    this.checkEntries(this.changes(event, legs, movement, purpose), data.entries ?? [], tenant);
    if (type === 'saldo.transfer.tried')
      this.openTries.set(transfer, { tenant, legs, purpose, follows: followsIn(data) });
    else this.openTries.delete(transfer);
    if (type === 'saldo.review.approved') this.carryOut(tenant);
  }

  /** What was approved is from here on what it would have been without a review. */
  private carryOut(tenant: string): void {
    const { decided } = this.reviews;
    if (decided === undefined) return;
    const { id, step, legs, plan, expires } = decided;
    if (step === 'try') {
      const purpose = plan?.holds === true ? 'hold' : 'move';
      this.openTries.set(id, { tenant, legs, purpose, follows: '' });
      if (plan?.holds === true) this.holds.make(id, tenant, { legs, planned: plan.legs, expires });
    } else if (step === 'hold') this.holds.hold(id, tenant, { legs, planned: plan?.legs, expires });
  }

  /** What is debited from an account with the mark waits for a person; what was set aside or moved before does not. */
  private checkMarks({ type, data }: JournalEvent, legs: readonly LegData[]): void {
    const { reverses, hold, releases, intent } = data;
    const begins =
      type === 'saldo.transfer.held' ||
      type === 'saldo.transfer.posted' ||
      (type === 'saldo.transfer.tried' && intent !== undefined);
    if (!begins || [reverses, hold, releases].some((earlier) => earlier !== undefined)) return;
    for (const { debit, in_transit } of legs) {
      if (in_transit?.side !== 'debit' && this.accounts.get(debit)?.reviewDebits === true)
        this.fail('debit of an account with the mark', 'saldo.transfer.review', type, debit);
    }
  }

  /** Both sides of each leg, in order; of a hold only debits, and what it frees after what it moves. */
  private changes(
    { type, data }: JournalEvent,
    legs: readonly LegData[],
    movement: Movement,
    purpose: Purpose,
  ): Change[] {
    const freed =
      data.released === undefined
        ? []
        : this.holds
            .legsOf(data.hold ?? data.transfer ?? '', data.released)
            .map((leg): Change => ({ leg, side: 'debit', movement: 'release' }));
    if (type === 'saldo.hold.voided' || type === 'saldo.hold.expired') return freed;
    const { decided } = this.reviews;
    if (decided !== undefined) {
      const { step, legs: aside, plan } = decided;
      if (type === 'saldo.review.approved' && step !== 'post') return [];
      return sidesOf(aside, movement, step === 'hold' || plan?.holds === true ? 'hold' : 'move');
    }
    return [...sidesOf(legs, movement, purpose), ...freed];
  }

  /** Each entry is the one expected, and starts where the account's last one ended (P1, P2). */
  private checkEntries(changes: readonly Change[], entries: readonly EntryData[], tenant: string): void {
    if (entries.length !== changes.length) {
      this.fail('number of entries', String(changes.length), String(entries.length));
    }
    for (const [i, entry] of entries.entries()) {
      const change = changes[i];
      const account = this.accounts.get(entry.account);
      if (change === undefined || account === undefined)
        throw this.fault('account', 'an open one', 'none', entry.account);
      const { leg, side, movement } = change;
      const same = (what: string, expected: unknown, found: unknown): void => {
        if (expected !== found) this.fail(what, String(expected), String(found), entry.account);
      };
      if (leg[side] !== entry.account) same(`account of the ${side} of entry ${i}`, leg[side], entry.account);
      same('tenant of the account', tenant, account.tenant);
      same('asset of the account', leg.asset, account.asset);
      same('kind of the account', leg.in_transit?.side === side ? 'in_transit' : 'account', account.kind);
      if (leg.in_transit?.side === side) same('peer of the account', leg.in_transit.peer, account.peer);
      same('version', account.version + 1, entry.version);
      const { before, after } = entry;
      if (before.length !== 4 || after.length !== 4)
        same('counters', '4', `${before.length} and ${after.length}`);
      const times = DELTAS[movement][side];
      const amount = this.amountIn(leg.amount);
      const counters: Counters = [...account.counters];
      for (let c = 0; c < 4; c += 1) {
        const known = counters[c] ?? 0;
        if (countIn(before[c]) !== known) same('counters before', account.counters.join(), before.join());
        const wanted = plus(known, times[c] ?? 0, amount);
        if (wanted < 0) same('counters after', 'none below zero', wanted);
        if (countIn(after[c]) !== wanted) same(`counters after, number ${c + 1}`, wanted, String(after[c]));
        counters[c] = wanted;
      }
      account.counters = counters;
      account.version = entry.version;
    }
  }

  /** P3: netted over the legs of an account, nothing admitted may leave its limits, or make worse what is outside. */
  private checkAdmitted(legs: readonly LegData[], tenant: string, purpose: Purpose): void {
    // What is to be freed was admitted with its hold.
    if (purpose === 'release') return;
    const kind: Admission = purpose === 'move' ? 'new' : purpose;
    const [only] = legs;
    if (legs.length === 1 && only !== undefined) {
      const amount = this.amountIn(only.amount);
      if (only.in_transit?.side !== 'debit') this.checkSums(only.debit, amount, 0, tenant, kind);
      if (only.in_transit?.side !== 'credit') this.checkSums(only.credit, 0, amount, tenant, kind);
      return;
    }
    const sums = new Map<string, { debits: Count; credits: Count }>();
    for (const { debit, credit, amount: text, in_transit } of legs) {
      const amount = this.amountIn(text);
      for (const [id, side] of [
        [debit, 'debit'],
        [credit, 'credit'],
      ] as const) {
        if (in_transit?.side === side) continue;
        const of = sums.get(id) ?? { debits: 0, credits: 0 };
        if (side === 'debit') of.debits = plus(of.debits, 1, amount);
        else of.credits = plus(of.credits, 1, amount);
        sums.set(id, of);
      }
    }
    for (const [id, { debits, credits }] of sums) this.checkSums(id, debits, credits, tenant, kind);
  }

  private amountIn(text: string): Count {
    const amount = countIn(text);
    if (amount === undefined || amount === 0) return this.fail('amount', 'above zero', text);
    return amount;
  }

  private checkSums(id: string, debits: Count, credits: Count, tenant: string, kind: Admission): void {
    const account = this.accounts.get(id);
    if (account === undefined || account.tenant !== tenant)
      throw this.fault('account', `one of ${tenant}`, 'none', id);
    const { min, max, status } = account;
    const frozen =
      (debits > 0 && (status === 'frozen' || status === 'frozen_debits')) ||
      (credits > 0 && (status === 'frozen' || status === 'frozen_credits'));
    if (status === 'closed' || (frozen && kind !== 'capture')) this.fail('status', 'open', status, id);
    if (min === null && max === null) return;
    const net = plus(kind === 'hold' ? 0 : credits, -1, debits);
    const [debited, credited, debitsPending, creditsPending] = account.counters;
    const balance = plus(plus(credited, -1, debited), 1, net);
    const available = plus(balance, -1, debitsPending);
    if (net < 0 && kind !== 'capture' && min !== null && available < min)
      this.fail('available', `at least ${min}`, String(available), id);
    const committed = plus(balance, 1, creditsPending);
    if (net > 0 && max !== null && committed > max)
      this.fail('balance', `at most ${max}`, String(committed), id);
  }

  private fail(what: string, expected: string, found: string, account?: string): never {
    throw this.fault(what, expected, found, account);
  }

  private fault(what: string, expected: string, found: string, account?: string): DivergenceError {
    const { shard, seq, transfer } = this;
    const about = {
      ...(account === undefined ? {} : { account }),
      ...(transfer === undefined ? {} : { transfer }),
    };
    return new DivergenceError({ shard, seq, ...about, what, expected, found });
  }
}

/** In the events of a saga's coordinator: the earlier transfer, and the parts of it. */
const followsIn = ({ reverses, hold, releases, final, parts }: JournalEvent['data']): string =>
  parts === undefined ? '' : JSON.stringify([reverses, hold, releases, final, parts]);
/** Of a first step, or of what waits to be one. */
const purposeOfStep = (data: JournalEvent['data']): Purpose =>
  data.step === 'hold' ? 'hold' : purposeIn(data);

/** What each purpose changes of its legs. */
function sidesOf(legs: readonly LegData[], movement: Movement, purpose: Purpose): Change[] {
  const posts = movement === 'post' || movement === 'confirm';
  switch (purpose) {
    // Set aside by its first step, whichever that is; then the hold's, until it is captured or freed.
    case 'hold':
      if (movement === 'confirm') return [];
      return legs.map((leg) => ({ leg, side: 'debit', movement: posts ? 'set_aside' : movement }));
    case 'release':
      return posts ? legs.map((leg) => ({ leg, side: 'debit', movement: 'release' })) : [];
    // A debit that is here was set aside by the hold: it stays so, or is among what is freed, unless it is posted.
    case 'capture':
      return legs.flatMap((leg): Change[] => {
        const credit: Change = { leg, side: 'credit', movement };
        if (leg.in_transit?.side === 'debit') return [{ leg, side: 'debit', movement }, credit];
        return posts ? [{ leg, side: 'debit', movement: 'confirm' }, credit] : [credit];
      });
    default:
      return legs.flatMap((leg): Change[] => [
        { leg, side: 'debit', movement },
        { leg, side: 'credit', movement },
      ]);
  }
}

const limitIn = (text: string | null | undefined): Count | null =>
  text === null || text === undefined ? null : shortest(BigInt(text));
