import { DivergenceError } from './divergence.js';
import type { CounterTexts, EntryData, JournalEvent, LegData } from './journal-event.js';

export interface AuditedAccount {
  readonly tenant: string;
  readonly asset: string;
  readonly kind: string;
  readonly min: bigint | null;
  readonly max: bigint | null;
  readonly metadata: string;
  readonly peer: number | null;
  readonly seq: number;
  counters: Counters;
  version: number;
}
type Counters = readonly [bigint, bigint, bigint, bigint];
type Movement = 'post' | 'set_aside' | 'confirm' | 'release';

const ZERO: Counters = [0n, 0n, 0n, 0n];
const MOVEMENTS: Readonly<Record<string, Movement>> = {
  'saldo.transfer.posted': 'post',
  'saldo.transfer.pivoted': 'post',
  'saldo.transfer.tried': 'set_aside',
  'saldo.transfer.confirmed': 'confirm',
  'saldo.transfer.canceled': 'release',
};
/** How each movement changes the four counters, by side, in multiples of the amount. */
const DELTAS: Readonly<Record<Movement, readonly [Counters, Counters]>> = {
  post: [
    [1n, 0n, 0n, 0n],
    [0n, 1n, 0n, 0n],
  ],
  set_aside: [
    [0n, 0n, 1n, 0n],
    [0n, 0n, 0n, 1n],
  ],
  confirm: [
    [1n, 0n, -1n, 0n],
    [0n, 1n, 0n, -1n],
  ],
  release: [
    [0n, 0n, -1n, 0n],
    [0n, 0n, 0n, -1n],
  ],
};
const KNOWN_TYPES = new Set([
  ...Object.keys(MOVEMENTS),
  'saldo.shard.opened',
  'saldo.writer_version.raised',
  'saldo.tenant.created',
  'saldo.account.opened',
  'saldo.key.claimed',
  'saldo.transfer.rejected',
]);

/** One shard's balances, rebuilt from its events alone, with every rule checked on the way (P1, P2, P3). */
export class ShardBooks {
  readonly accounts = new Map<string, AuditedAccount>();
  readonly tenants = new Map<string, { readonly placement: string; readonly seq: number }>();
  /** What open tries have set aside, to be confirmed or released leg by leg. */
  readonly openTries = new Map<string, { readonly tenant: string; readonly legs: readonly LegData[] }>();
  /** Transfers with a first step, or with a cancel that came before any. */
  private readonly begun = new Set<string>();
  private seq = 0;
  private transfer: string | undefined;

  constructor(readonly shard: number) {}

  apply(event: JournalEvent): void {
    this.seq = Number(event.sequence);
    this.transfer = event.data.transfer;
    if (!KNOWN_TYPES.has(event.type)) this.fail('event type', 'one this auditor knows', event.type);
    if (event.type === 'saldo.tenant.created') this.openTenant(event);
    if (event.type === 'saldo.account.opened') this.openAccount(event);
    if (this.transfer !== undefined) this.step(event, this.transfer);
  }

  /** P1: posted debits and credits of all accounts, by asset. */
  trialBalance(): [string, { debits: bigint; credits: bigint }][] {
    const sums = new Map<string, { debits: bigint; credits: bigint }>();
    for (const { asset, counters } of this.accounts.values()) {
      const sum = sums.get(asset) ?? { debits: 0n, credits: 0n };
      sums.set(asset, { debits: sum.debits + counters[0], credits: sum.credits + counters[1] });
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
      min: bigintOrNull(data.min_balance),
      max: bigintOrNull(data.max_balance),
      metadata: JSON.stringify(data.metadata ?? {}),
      peer: data.peer ?? null,
      seq: this.seq,
      counters: ZERO,
      version: 0,
    });
  }

  private step(event: JournalEvent, transfer: string): void {
    const { type, data, tenant = '' } = event;
    const first = type !== 'saldo.transfer.confirmed' && type !== 'saldo.transfer.canceled';
    const tried = this.openTries.get(transfer);
    if (first && this.begun.has(transfer)) this.fail('step', 'one first step of a transfer', `${type} again`);
    if (!first && tried === undefined && data.tombstone !== true)
      this.fail('step', 'an open try', `${type} without one`);
    if (!first && tried !== undefined && tried.tenant !== tenant) this.fail('tenant', tried.tenant, tenant);
    if (data.tombstone === true && this.begun.has(transfer))
      this.fail('step', 'no try before a tombstone', 'one');
    this.begun.add(transfer);
    if (type === 'saldo.transfer.rejected') return;
    const legs = first ? (data.legs ?? []) : (tried?.legs ?? []);
    if (first) this.checkAdmitted(legs, tenant);
    this.checkEntries(legs, MOVEMENTS[type] ?? 'post', data.entries ?? [], tenant);
    if (type === 'saldo.transfer.tried') this.openTries.set(transfer, { tenant, legs });
    else this.openTries.delete(transfer);
  }

  /** Entry 2i is leg i's debit and 2i+1 its credit; each starts where the account's last one ended (P1, P2). */
  private checkEntries(
    legs: readonly LegData[],
    movement: Movement,
    entries: readonly EntryData[],
    tenant: string,
  ): void {
    if (entries.length !== legs.length * 2) {
      this.fail('number of entries', String(legs.length * 2), String(entries.length));
    }
    for (const [i, entry] of entries.entries()) {
      const leg = legs[i >> 1];
      const side = i % 2 === 0 ? 'debit' : 'credit';
      const account = this.accounts.get(entry.account);
      if (leg === undefined || account === undefined)
        throw this.fault('account', 'an open one', 'none', entry.account);
      const same = (what: string, expected: unknown, found: unknown): void => {
        if (expected !== found) this.fail(what, String(expected), String(found), entry.account);
      };
      same(`account of the ${side} of leg ${i >> 1}`, leg[side], entry.account);
      same('tenant of the account', tenant, account.tenant);
      same('asset of the account', leg.asset, account.asset);
      same('kind of the account', leg.in_transit?.side === side ? 'in_transit' : 'account', account.kind);
      if (leg.in_transit?.side === side) same('peer of the account', leg.in_transit.peer, account.peer);
      same('version', account.version + 1, entry.version);
      same('counters before', account.counters.join(), entry.before.join());
      const delta = DELTAS[movement][i % 2 === 0 ? 0 : 1];
      const after = add(account.counters, delta, BigInt(leg.amount));
      same('counters after', after.join(), entry.after.join());
      if (after.some((counter) => counter < 0n))
        this.fail('counters after', 'none below zero', after.join(), entry.account);
      account.counters = countersOf(entry.after);
      account.version = entry.version;
    }
  }

  /** P3: netted over the legs of an account, nothing admitted may leave its limits, or make worse what is outside. */
  private checkAdmitted(legs: readonly LegData[], tenant: string): void {
    const nets = new Map<string, bigint>();
    for (const { debit, credit, amount, in_transit } of legs) {
      if (BigInt(amount) <= 0n) this.fail('amount', 'above zero', amount);
      if (in_transit?.side !== 'debit') nets.set(debit, (nets.get(debit) ?? 0n) - BigInt(amount));
      if (in_transit?.side !== 'credit') nets.set(credit, (nets.get(credit) ?? 0n) + BigInt(amount));
    }
    for (const [id, net] of nets) {
      const account = this.accounts.get(id);
      if (account === undefined || account.tenant !== tenant)
        throw this.fault('account', `one of ${tenant}`, 'none', id);
      const [debits, credits, debitsPending, creditsPending] = account.counters;
      const available = credits - debits - debitsPending + net;
      const { min, max } = account;
      if (net < 0n && min !== null && available < min)
        this.fail('available', `at least ${min}`, String(available), id);
      const committed = credits - debits + creditsPending + net;
      if (net > 0n && max !== null && committed > max)
        this.fail('balance', `at most ${max}`, String(committed), id);
    }
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

const add = (c: Counters, [a, b, d, e]: Counters, amount: bigint): Counters => [
  c[0] + a * amount,
  c[1] + b * amount,
  c[2] + d * amount,
  c[3] + e * amount,
];
const countersOf = ([a, b, c, d]: CounterTexts): Counters => [BigInt(a), BigInt(b), BigInt(c), BigInt(d)];
const bigintOrNull = (text: string | null | undefined): bigint | null =>
  text === null || text === undefined ? null : BigInt(text);
