import { type Entry, NO_COUNTERS } from './account.js';
import type {
  AccountChanged,
  AccountChangeRejected,
  CheckpointSigned,
  HoldExpired,
  HoldVoided,
  LedgerEvent,
  SigningKeyAdded,
  TransferCanceled,
  TransferCaptured,
  TransferConfirmed,
  TransferHeld,
  TransferPivoted,
  TransferPosted,
  TransferRejected,
  TransferTried,
} from './event.js';
import { evolveSchedule } from './evolve-schedule.js';
import { less } from './parts.js';
import type { LedgerState } from './state.js';
import type { FirstStep, LastStep, TransferState } from './transfer.js';

/**
 * Carries out an event on a state: the only way a state changes, in posting, in catching up and in replay.
 * Accounts and transfers the state does not hold are passed over (a bounded copy reads them when it needs them),
 * and so are entries it has already seen.
 */
export function evolve(state: LedgerState, event: LedgerEvent, seq: number): void {
  switch (event.type) {
    case 'shard.opened': {
      const { cluster, buckets } = event;
      state.setIdentity({ shard: state.shard, cluster, buckets, writerVersion: 1 });
      return;
    }
    case 'writer_version.raised': {
      const identity = state.identity();
      if (identity !== undefined) state.setIdentity({ ...identity, writerVersion: event.version });
      return;
    }
    case 'signing_key.added':
    case 'checkpoint.signed':
      signed(state, event, seq);
      return;
    case 'tenant.created':
      state.setTenant(event.tenant, { placement: event.placement, seq });
      return;
    case 'account.opened': {
      const { account: id, tenant, asset, kind, limits, reference, claim, referenceClaim } = event;
      if (state.account(id) === undefined) {
        const fresh = { counters: NO_COUNTERS, version: 0, status: 'open', reviewDebits: false } as const;
        const name = reference === undefined ? {} : { reference };
        state.setAccount({ id, tenant, asset, kind, ...limits, ...fresh, openedSeq: seq, ...name });
      }
      if (referenceClaim !== undefined) state.setClaim({ ...referenceClaim, seq });
      if (claim !== undefined) state.setClaim({ ...claim, seq });
      return;
    }
    case 'account.changed':
    case 'account.change_rejected':
      changed(state, event, seq);
      return;
    case 'key.claimed':
      state.setClaim({ ...event.claim, seq });
      return;
    case 'transfer.rejected':
      rejected(state, event, seq);
      return;
    case 'transfer.posted':
    case 'transfer.held':
    case 'transfer.tried':
    case 'transfer.pivoted':
    case 'transfer.captured':
      begun(state, event, seq);
      return;
    case 'hold.voided':
    case 'hold.expired':
      freed(state, event, seq);
      return;
    case 'transfer.confirmed':
    case 'transfer.canceled':
      ended(state, event, seq);
      return;
    case 'schedule.created':
    case 'schedule.fired':
    case 'schedule.skipped':
    case 'schedule.canceled':
      evolveSchedule(state, event, seq);
  }
}

function signed(state: LedgerState, event: SigningKeyAdded | CheckpointSigned, seq: number): void {
  const signing = state.signing();
  if (signing === undefined) return;
  if (event.type === 'signing_key.added') {
    state.setSigning({ ...signing, keys: [...signing.keys, { id: event.signingKey.id, seq }] });
  } else {
    const { number, last, root } = event.checkpoint;
    state.setSigning({ ...signing, checkpoint: { number, last, root, seq } });
  }
}

const FIRST_STEPS = {
  'transfer.posted': 'post',
  'transfer.held': 'hold',
  'transfer.tried': 'try',
  'transfer.pivoted': 'pivot',
  'transfer.captured': 'capture',
} as const satisfies Record<string, FirstStep>;

type Begun = TransferPosted | TransferHeld | TransferTried | TransferPivoted | TransferCaptured;

function begun(state: LedgerState, event: Begun, seq: number): void {
  const { type, tenant, transfer: id, legs, entries } = event;
  const coordinates = type === 'transfer.tried' && event.intent !== undefined;
  const first = { step: FIRST_STEPS[type], result: 'done', seq, legs } as const;
  const hold = type === 'transfer.held' ? holdOf(event) : {};
  state.setTransfer({ id, tenant, coordinates, first, ...hold });
  if ('claim' in event && event.claim !== undefined) state.setClaim({ ...event.claim, seq });
  applyEntries(state, entries);
  if (type === 'transfer.captured') captured(state, event, seq);
  if (type === 'transfer.posted' && event.reverses !== undefined) reversed(state, event);
}

function holdOf({ legs, expiresAt }: TransferHeld): Pick<TransferState, 'hold' | 'expiresAt'> {
  const hold = legs.map(({ amount }) => ({ remaining: amount, captured: 0n }));
  return expiresAt === undefined ? { hold } : { hold, expiresAt };
}

function captured(state: LedgerState, { hold: id, parts, final }: TransferCaptured, seq: number): void {
  const known = state.transfer(id);
  if (known?.hold === undefined) return;
  const hold = less(known.hold, parts);
  const over = final || hold.every(({ remaining }) => remaining === 0n);
  state.setTransfer({ ...known, hold, ...(over ? { last: doneAt('capture', seq) } : {}) });
}

function reversed(state: LedgerState, { reverses, parts = [] }: TransferPosted): void {
  const original = reverses === undefined ? undefined : state.transfer(reverses);
  if (original?.first === undefined) return;
  const sums = original.first.legs.map((_, leg) => {
    const before = original.reversed?.[leg] ?? 0n;
    return parts.reduce((sum, part) => (part.leg === leg ? sum + part.amount : sum), before);
  });
  state.setTransfer({ ...original, reversed: sums });
}

function freed(state: LedgerState, event: HoldVoided | HoldExpired, seq: number): void {
  const { tenant, transfer: id } = event;
  const voided = event.type === 'hold.voided';
  if (voided) {
    const first = { step: 'void', result: 'done', seq, legs: [] } as const;
    state.setTransfer({ id, tenant, coordinates: false, first });
    if (event.claim !== undefined) state.setClaim({ ...event.claim, seq });
  }
  const known = state.transfer(voided ? event.hold : id);
  if (known !== undefined) state.setTransfer({ ...known, last: doneAt(voided ? 'void' : 'expire', seq) });
  applyEntries(state, event.entries);
}

const doneAt = (step: LastStep, seq: number) => ({ step, result: 'done', seq }) as const;

function changed(state: LedgerState, event: AccountChanged | AccountChangeRejected, seq: number): void {
  const { tenant, transfer: id, account, change, claim } = event;
  const refused = event.type === 'account.change_rejected';
  const result = refused
    ? ({ result: 'rejected', rejection: event.rejection } as const)
    : ({ result: 'done' } as const);
  state.setTransfer({ id, tenant, coordinates: false, first: { step: 'change', seq, legs: [], ...result } });
  if (claim !== undefined) state.setClaim({ ...claim, seq });
  const known = state.account(account);
  if (known === undefined || refused) return;
  const { status = known.status, reviewDebits = known.reviewDebits } = change;
  const { minBalance = known.minBalance, maxBalance = known.maxBalance } = change;
  state.setAccount({ ...known, status, reviewDebits, minBalance, maxBalance });
}

function rejected(state: LedgerState, event: TransferRejected, seq: number): void {
  const { tenant, transfer: id, step, intent, legs, rejection, claim } = event;
  // A rejected try ends its shard's part: nothing was set aside, so nothing is left to cancel.
  state.setTransfer({
    id,
    tenant,
    coordinates: intent !== undefined,
    first: { step, result: 'rejected', seq, legs, rejection },
  });
  if (claim !== undefined) state.setClaim({ ...claim, seq });
}

function ended(state: LedgerState, event: TransferConfirmed | TransferCanceled, seq: number): void {
  const { tenant, transfer: id } = event;
  const known = state.transfer(id);
  const last: NonNullable<TransferState['last']> =
    event.type === 'transfer.confirmed'
      ? { step: 'confirm', result: 'done', seq }
      : { step: 'cancel', result: event.tombstone ? 'tombstone' : 'done', seq, reason: event.reason };
  if (known !== undefined) state.setTransfer({ ...known, last });
  else if (event.type === 'transfer.canceled' && event.tombstone) {
    state.setTransfer({ id, tenant, coordinates: false, last });
  }
  applyEntries(state, event.entries);
}

function applyEntries(state: LedgerState, entries: readonly Entry[]): void {
  for (const { account: id, version, after } of entries) {
    const account = state.account(id);
    if (account !== undefined && account.version < version)
      state.setAccount({ ...account, counters: after, version });
  }
}
