import { DivergenceError } from './divergence.js';
import type { JournalEvent, PlanData } from './journal-event.js';

/** Tried and neither decided nor canceled, or decided and not posted everywhere: listed, not a fault. */
export interface InDoubt {
  readonly transfer: string;
  readonly tenant: string;
  readonly state: 'undecided' | 'in_transit';
  readonly amount: string;
  readonly asset: string;
  readonly shards: readonly number[];
}

type PartState = 'tried' | 'posted' | 'canceled' | 'rejected';
interface Part {
  readonly state: PartState;
  readonly seq: number;
  /** Of a confirm: the event that decided. */
  readonly cause: string | undefined;
}
interface Saga {
  tenant: string;
  plan: PlanData | undefined;
  pivotedBy: number | undefined;
  readonly parts: Map<number, Part>;
}

/** Transfers over several shards, put together from the shards' journals: P4's claims and P6. */
export class Sagas {
  private readonly open = new Map<string, Saga>();
  private readonly claims = new Map<string, { readonly subject: string; readonly shard: number }>();
  ended = 0;

  see(shard: number, event: JournalEvent): void {
    const seq = Number(event.sequence);
    this.claim(shard, seq, event);
    const { transfer } = event.data;
    const state = stateOf(event);
    if (transfer === undefined || state === undefined) return;
    const saga = this.open.get(transfer) ?? newSaga(event.tenant ?? '');
    this.open.set(transfer, saga);
    if (event.data.intent !== undefined) saga.plan = event.data.intent.plan;
    if (event.type === 'saldo.transfer.pivoted') saga.pivotedBy = shard;
    saga.parts.set(shard, { state, seq, cause: event.cause });
    this.check(transfer, saga, shard);
    if (isEnded(saga)) {
      this.open.delete(transfer);
      this.ended += 1;
    }
  }

  /** What is left at the end. `heads`: up to where each shard was read, for steps decided beyond that. */
  inDoubt(heads: readonly number[]): InDoubt[] {
    const found: InDoubt[] = [];
    for (const [transfer, saga] of this.open) {
      const { plan, tenant, parts } = saga;
      // Rejected at the coordinator, or only a cancel's tombstone left: nothing is in doubt.
      if (
        plan === undefined ||
        ![...parts.values()].some(({ state }) => state === 'tried' || state === 'posted')
      )
        continue;
      const posted = [...parts].find(([, { state }]) => state === 'posted');
      if (posted !== undefined && saga.pivotedBy === undefined)
        this.checkDecidedLater(transfer, posted, heads);
      const amount = plan.legs.reduce((sum, leg) => sum + BigInt(leg.amount), 0n).toString();
      found.push({
        transfer,
        tenant,
        state: posted === undefined ? 'undecided' : 'in_transit',
        amount,
        asset: plan.legs[0]?.asset ?? '',
        shards: [plan.coordinator, ...plan.participants],
      });
    }
    return found;
  }

  /** What has been posted on one shard of a leg and not on the other, as the in-transit accounts must have it. */
  *halfPosted(): Generator<{
    tenant: string;
    asset: string;
    pair: readonly [number, number];
    amount: bigint;
  }> {
    for (const { plan, tenant, parts } of this.open.values()) {
      for (const { debit_shard: from, credit_shard: to, amount, asset } of plan?.legs ?? []) {
        if (from === to) continue;
        const posted = (shard: number): bigint =>
          parts.get(shard)?.state === 'posted' ? BigInt(amount) : 0n;
        const difference = posted(from) - posted(to);
        if (difference !== 0n)
          yield { tenant, asset, pair: from < to ? [from, to] : [to, from], amount: difference };
      }
    }
  }

  /** A confirm is only right if its pivot was committed: here, or after the shard's part that was read. */
  private checkDecidedLater(transfer: string, [shard, part]: [number, Part], heads: readonly number[]): void {
    const [pivot = -1, seq = 0] = (part.cause ?? '').split('-').map(Number);
    if (seq > (heads[pivot] ?? 0)) return;
    const { seq: at } = part;
    throw new DivergenceError({
      shard,
      seq: at,
      transfer,
      what: 'confirm',
      expected: 'a pivot before it',
      found: 'none',
    });
  }

  private check(transfer: string, { parts, plan, pivotedBy }: Saga, shard: number): void {
    const seq = parts.get(shard)?.seq ?? 0;
    const states = [...parts.values()].map(({ state }) => state);
    const fail = (what: string, expected: string, found: string): never => {
      throw new DivergenceError({ shard, seq, transfer, what, expected, found });
    };
    if (states.includes('posted') && states.some((state) => state === 'canceled' || state === 'rejected')) {
      fail('end of a transfer', 'posted everywhere or canceled everywhere', states.join(' and '));
    }
    if (plan !== undefined && pivotedBy !== undefined && pivotedBy !== plan.participants.at(-1)) {
      fail('pivot', `shard ${plan.participants.at(-1)}`, `shard ${pivotedBy}`);
    }
  }

  private claim(shard: number, seq: number, { tenant = '', data }: JournalEvent): void {
    if (data.claim === undefined) return;
    const { namespace, key, subject, id } = data.claim;
    const known = this.claims.get(id);
    if (known !== undefined) {
      const found = `${known.subject} on shard ${known.shard} and ${subject}`;
      throw new DivergenceError({
        shard,
        seq,
        what: `key ${tenant}/${namespace}/${key}`,
        expected: 'one claim',
        found,
      });
    }
    this.claims.set(id, { subject, shard });
  }
}

const newSaga = (tenant: string): Saga => ({
  tenant,
  plan: undefined,
  pivotedBy: undefined,
  parts: new Map(),
});

function stateOf({ type, data }: JournalEvent): PartState | undefined {
  if (type === 'saldo.transfer.tried') return 'tried';
  if (type === 'saldo.transfer.pivoted' || type === 'saldo.transfer.confirmed') return 'posted';
  if (type === 'saldo.transfer.canceled') return 'canceled';
  // A rejection of a local transfer is no saga; of a step, it is that shard's part in one.
  return type === 'saldo.transfer.rejected' && data.coordinator !== undefined ? 'rejected' : undefined;
}

function isEnded({ plan, parts }: Saga): boolean {
  if (plan === undefined) return false;
  const shards = [plan.coordinator, ...plan.participants];
  const states = shards.map((shard) => parts.get(shard)?.state);
  // Rejected by the coordinator itself: nobody else ever heard of it.
  if (states[0] === 'rejected') return true;
  return (
    states.every((state) => state === 'posted') ||
    states.every((state) => state === 'canceled' || state === 'rejected')
  );
}
