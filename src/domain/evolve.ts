import { type Entry, NO_COUNTERS, withEntry } from './account.js';
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
import { evolveReview } from './evolve-review.js';
import { evolveSchedule } from './evolve-schedule.js';
import { addParts, isUsedUp, moveParts, untouched } from './parts.js';
import type { LedgerState } from './state.js';
import { type FirstStep, type LastStep, purposeOf, type TransferState } from './transfer.js';

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
        const { minBalance, maxBalance } = limits;
        const open = { status: 'open', reviewDebits: false, openedSeq: seq } as const;
        const named = { id, tenant, asset, kind, minBalance, maxBalance, ...open, reference };
        state.setAccount({ ...named, counters: NO_COUNTERS, version: 0 });
      }
      if (referenceClaim !== undefined) state.setClaim({ claim: referenceClaim, seq });
      if (claim !== undefined) state.setClaim({ claim, seq });
      return;
    }
    case 'account.changed':
    case 'account.change_rejected':
      changed(state, event, seq);
      return;
    case 'key.claimed':
      state.setClaim({ claim: event.claim, seq });
      return;
    case 'transfer.review':
    case 'review.approved':
    case 'review.declined':
    case 'review.expired':
      evolveReview(state, event, seq);
      applyEntries(state, event.entries);
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
  const begunAs = { id, tenant, coordinates, first };
  const more = moreOf(event);
  state.setTransfer(more === undefined ? begunAs : { ...begunAs, ...more });
  const claim = type === 'transfer.pivoted' ? undefined : event.claim;
  if (claim !== undefined) state.setClaim({ claim, seq });
  applyEntries(state, entries);
  if (type === 'transfer.captured') captured(state, event, seq);
  if (type === 'transfer.posted' && event.reverses !== undefined) reversed(state, event);
  if (type === 'transfer.tried') setApart(state, event);
}

function moreOf(event: Begun): Partial<TransferState> | undefined {
  switch (event.type) {
    case 'transfer.held':
      return holdOf(event);
    case 'transfer.tried':
      return sagaOf(event);
    case 'transfer.pivoted':
      return purposed(event);
    default:
      return undefined;
  }
}

function sagaOf(event: TransferTried): Partial<TransferState> | undefined {
  const { intent, follows, expiresAt } = event;
  const purpose = purposed(event);
  if (purpose === undefined && follows === undefined)
    return intent === undefined ? undefined : { plan: intent.plan };
  return {
    ...(intent === undefined ? {} : { plan: intent.plan }),
    ...(follows === undefined ? {} : { follows }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...purpose,
  };
}

function purposed(event: TransferTried | TransferPivoted): Pick<TransferState, 'purpose'> | undefined {
  const purpose = purposeOf(event);
  return purpose && { purpose };
}

function holdOf({ legs, expiresAt, plan }: TransferHeld): Pick<TransferState, 'hold' | 'expiresAt' | 'plan'> {
  const hold = untouched(legs);
  return {
    hold,
    ...(plan === undefined ? {} : { plan }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function captured(state: LedgerState, { hold: id, parts, final }: TransferCaptured, seq: number): void {
  const known = state.transfer(id);
  if (known?.hold === undefined) return;
  const hold = moveParts(known.hold, parts, 'remaining', 'captured');
  const over = final || isUsedUp(hold);
  state.setTransfer(over ? { ...known, hold, last: doneAt('capture', seq) } : { ...known, hold });
}

/** What a capture or reversal across shards takes of the earlier transfer, until it ends. */
function setApart(state: LedgerState, { follows }: TransferTried): void {
  if (follows === undefined) return;
  const { kind, parts, of } = follows;
  const earlier = state.transfer(of);
  if (earlier === undefined) return;
  if (kind === 'reversal') {
    state.setTransfer({ ...earlier, reversing: addParts(earlier.reversing, legsIn(earlier), parts, 1n) });
  } else if (kind === 'capture' && earlier.hold !== undefined) {
    state.setTransfer({ ...earlier, hold: moveParts(earlier.hold, parts, 'remaining', 'capturing') });
  }
}

/** The end of such a one: it is said in the event, so that it does not matter whether its beginning is held here. */
function followedUp(state: LedgerState, event: TransferConfirmed | TransferCanceled, seq: number): void {
  const { follows } = event;
  if (follows === undefined) return;
  const earlier = state.transfer(follows.of);
  if (earlier === undefined) return;
  const confirmed = event.type === 'transfer.confirmed';
  if (follows.kind === 'reversal') {
    const legs = legsIn(earlier);
    const reversing = addParts(earlier.reversing, legs, follows.parts, -1n);
    const done = confirmed ? { reversed: addParts(earlier.reversed, legs, follows.parts, 1n) } : {};
    state.setTransfer({ ...earlier, reversing, ...done });
    return;
  }
  // What a release frees has left the hold before.
  if (follows.kind === 'release' || earlier.hold === undefined) return;
  const isOpen = earlier.last === undefined;
  const to = confirmed ? 'captured' : isOpen ? 'remaining' : undefined;
  const hold = moveParts(earlier.hold, follows.parts, 'capturing', to);
  const over = isOpen && confirmed && (follows.final || isUsedUp(hold));
  state.setTransfer({ ...earlier, hold, ...(over ? { last: doneAt('capture', seq) } : {}) });
}

const legsIn = ({ plan, first }: TransferState): number => (plan ?? first)?.legs.length ?? 0;

function reversed(state: LedgerState, { reverses, parts = [] }: TransferPosted): void {
  const original = reverses === undefined ? undefined : state.transfer(reverses);
  if (original?.first === undefined) return;
  state.setTransfer({ ...original, reversed: addParts(original.reversed, legsIn(original), parts, 1n) });
}

function freed(state: LedgerState, event: HoldVoided | HoldExpired, seq: number): void {
  const { tenant, transfer: id } = event;
  const voided = event.type === 'hold.voided';
  if (voided) {
    const first = { step: 'void', result: 'done', seq, legs: [] } as const;
    state.setTransfer({ id, tenant, coordinates: false, first });
    if (event.claim !== undefined) state.setClaim({ claim: event.claim, seq });
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
  if (claim !== undefined) state.setClaim({ claim, seq });
  const known = state.account(account);
  if (known === undefined || refused) return;
  const { status = known.status, reviewDebits = known.reviewDebits } = change;
  const { minBalance = known.minBalance, maxBalance = known.maxBalance } = change;
  state.setAccount({ ...known, status, reviewDebits, minBalance, maxBalance });
}

function rejected(state: LedgerState, event: TransferRejected, seq: number): void {
  const { tenant, transfer: id, step, intent, plan = intent?.plan, legs, rejection, claim } = event;
  // A rejected try ends its shard's part: nothing was set aside, so nothing is left to cancel.
  state.setTransfer({
    id,
    tenant,
    coordinates: intent !== undefined,
    ...(plan === undefined ? {} : { plan }),
    first: { step, result: 'rejected', seq, legs, rejection },
  });
  if (claim !== undefined) state.setClaim({ claim, seq });
}

function ended(state: LedgerState, event: TransferConfirmed | TransferCanceled, seq: number): void {
  const { tenant, transfer: id } = event;
  const known = state.transfer(id);
  const last: NonNullable<TransferState['last']> =
    event.type === 'transfer.confirmed'
      ? { step: 'confirm', result: 'done', seq }
      : { step: 'cancel', result: event.tombstone ? 'tombstone' : 'done', seq, reason: event.reason };
  if (known?.plan?.holds === true && event.type === 'transfer.confirmed')
    state.setTransfer({ ...known, hold: untouched(known.plan.legs), heldBy: seq });
  else if (known !== undefined) state.setTransfer({ ...known, last });
  else if (event.type === 'transfer.canceled' && event.tombstone) {
    state.setTransfer({ id, tenant, coordinates: false, last });
  }
  followedUp(state, event, seq);
  applyEntries(state, event.entries);
}

function applyEntries(state: LedgerState, entries: readonly Entry[]): void {
  for (const entry of entries) {
    const account = state.account(entry.account);
    if (account !== undefined && account.version < entry.version) state.setAccount(withEntry(account, entry));
  }
}
