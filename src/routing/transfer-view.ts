import type {
  LedgerEvent,
  TransferCanceled,
  TransferConfirmed,
  TransferPosted,
  TransferTried,
} from '../domain/event.js';
import { occurrenceIdOf, type TransferId } from '../domain/ids.js';
import { addParts, isUsedUp, moveParts, untouched } from '../domain/parts.js';
import { type HoldPart, isHoldStep, type Leg, purposeOf } from '../domain/transfer.js';
import { decodeEvent } from '../journal/decode.js';
import { reviewedView, reviewView } from './review-view.js';
import type { TransferView } from './views.js';

type History = readonly { readonly body: string }[];
/** An event and its time, RFC 3339. */
export interface TimedEvent {
  readonly event: LedgerEvent;
  readonly time: string;
}
export const timed = ({ body }: { readonly body: string }): TimedEvent => {
  const { event, envelope } = decodeEvent(body);
  return { event, time: envelope.time };
};

/**
 * What its own command was answered, from the events that began and ended it: the same for ever. `history`: of one
 * transfer in one shard, in the order of the journal. Undefined if there is no first step.
 */
export function answerViewOf(history: History, id: TransferId, shard: number): TransferView | undefined {
  const own = history.map(timed).filter(({ event }) => isOfItsCommand(event, id));
  return viewOf(own, id, shard);
}

function isOfItsCommand(event: LedgerEvent, id: TransferId): boolean {
  if (event.type === 'hold.expired') return false;
  // What was asked for in advance ends as what it becomes at its time, or is called off before.
  if (event.type === 'schedule.created' || event.type === 'schedule.canceled') return true;
  return subjectOf(event) === id;
}

/** As `answerViewOf`, of an event that was just written. */
export const writtenView = (written: TimedEvent, id: TransferId, shard: number): TransferView | undefined =>
  viewOf([written], id, shard);

/** As `answerViewOf`, of one that was seen to begin and then to end. */
export const endedAs = (view: TransferView, { event, time }: TimedEvent): TransferView =>
  endedView(view, event, time);

/** The transfer as it is, with what later operations did to it. */
export function transferViewOf(history: History, id: TransferId, shard: number): TransferView | undefined {
  return viewOf(history.map(timed), id, shard);
}

/** As `transferViewOf`, from events that were read before. */
export function viewOf(
  events: readonly TimedEvent[],
  id: TransferId,
  shard: number,
): TransferView | undefined {
  let view: View | undefined;
  for (const { event, time } of events) {
    const own = subjectOf(event) === id;
    if (view === undefined)
      view = own ? firstView(event, time, shard) : scheduledView(event, id, time, shard);
    else if (view.status === 'scheduled' && own) view = carriedOut(view, firstView(event, time, shard));
    else view = own ? endedView(view, event, time) : laterView(view, event, time);
  }
  if (view?.closedAs === undefined && view?.releases === undefined) return view;
  const { closedAs: _, releases: __, ...rest } = view;
  return rest;
}

/** Of a hold that has ended. */
type View = TransferView & {
  /** What it is if nothing was captured, which captures under way may still change. */
  readonly closedAs?: 'canceled' | 'expired';
  /** How many releases of what other shards have set aside are under way. */
  readonly releases?: number;
};

/** What will be a transfer at its time. */
function scheduledView(
  event: LedgerEvent,
  id: TransferId,
  createdAt: string,
  shard: number,
): View | undefined {
  if (event.type !== 'schedule.created') return undefined;
  const { tenant, schedule, terms, next } = event;
  if (occurrenceIdOf(tenant, schedule, 1) !== id) return undefined;
  const { legs, details, upTo, hold } = terms;
  const [leg] = legs;
  return {
    id,
    tenant,
    kind: hold === undefined ? 'transfer' : 'hold',
    status: 'scheduled',
    legs,
    ...(details === undefined ? {} : { details }),
    ...(upTo === true && leg !== undefined ? { upTo: leg.amount } : {}),
    ...(hold?.expiresAt === undefined ? {} : { expiresAt: hold.expiresAt }),
    scheduled: { schedule, for: next },
    createdAt,
    shards: [shard],
  };
}

/** It was asked for when it was scheduled. */
const carriedOut = ({ scheduled, createdAt }: View, now: View | undefined): View | undefined =>
  now && { ...now, createdAt, ...(scheduled === undefined ? {} : { scheduled }) };

function firstView(event: LedgerEvent, at: string, shard: number): View | undefined {
  switch (event.type) {
    case 'transfer.posted':
    case 'transfer.held':
    case 'transfer.captured':
    case 'transfer.tried':
    case 'transfer.rejected':
    case 'transfer.review':
      break;
    default:
      return undefined;
  }
  if (event.type === 'transfer.rejected' && NO_TRANSFERS.has(event.step)) return undefined;
  if (event.type === 'transfer.posted' && isPlain(event)) {
    // Most transfers, without the copies that the others take.
    const { transfer: id, tenant, legs } = event;
    return {
      id,
      tenant,
      kind: 'transfer',
      status: 'posted',
      legs,
      createdAt: at,
      endedAt: at,
      shards: [shard],
    };
  }
  if (event.type === 'transfer.tried' && event.intent !== undefined && isBare(event)) {
    const { transfer: id, tenant, intent } = event;
    const { coordinator, participants, legs } = intent.plan;
    const shards = [coordinator, ...participants];
    const [kind, status] = ['transfer', 'processing'] as const;
    return { id, tenant, legs: legs.map(plainLeg), createdAt: at, shards, kind, status };
  }
  const intended = 'intent' in event ? event.intent?.plan : undefined;
  const plan = 'plan' in event ? event.plan : intended;
  const { transfer: id, tenant, details } = event;
  const upTo = 'upTo' in event ? event.upTo : undefined;
  const shards = plan === undefined ? [shard] : [plan.coordinator, ...plan.participants];
  const bare = { id, tenant, legs: (plan?.legs ?? event.legs).map(plainLeg), createdAt: at, shards } as const;
  const said = { ...(details === undefined ? {} : { details }), ...(upTo === undefined ? {} : { upTo }) };
  const base = details === undefined && upTo === undefined ? bare : { ...bare, ...said };
  switch (event.type) {
    case 'transfer.posted': {
      const of = event.reverses;
      const kind = of === undefined ? ({ kind: 'transfer' } as const) : ({ kind: 'reversal', of } as const);
      return { ...base, ...kind, status: 'posted', endedAt: at };
    }
    case 'transfer.captured':
      return { ...base, kind: 'capture', of: event.hold, status: 'posted', endedAt: at };
    case 'transfer.held': {
      const hold = untouched(event.legs);
      const { expiresAt } = event;
      const view = { ...base, kind: 'hold', status: 'held', hold } as const;
      return expiresAt === undefined ? view : { ...view, expiresAt };
    }
    case 'transfer.review':
      return { ...base, ...reviewView(event) };
    case 'transfer.tried': {
      const { follows, expiresAt } = event;
      // The system's own: it is told of with its hold.
      if (follows?.kind === 'release') return undefined;
      const view = { ...base, status: 'processing' } as const;
      if (follows !== undefined) return { ...view, kind: follows.kind, of: follows.of };
      const kind = intended?.holds === true ? 'hold' : 'transfer';
      return expiresAt === undefined ? { ...view, kind } : { ...view, kind, expiresAt };
    }
    case 'transfer.rejected': {
      const isHold = isHoldStep(event.step, intended);
      const kind = event.step === 'capture' ? 'capture' : isHold ? 'hold' : 'transfer';
      const of = event.of === undefined ? {} : { of: event.of };
      const reversal = kind === 'transfer' && event.of !== undefined;
      const { rejection } = event;
      return {
        ...base,
        kind: reversal ? 'reversal' : kind,
        ...of,
        status: 'rejected',
        endedAt: at,
        rejection,
      };
    }
  }
}

/** The saga's end at its coordinator, or a hold's by its time. */
function endedView(view: View, event: LedgerEvent, endedAt: string): View {
  if (event.type === 'transfer.confirmed')
    return view.kind === 'hold'
      ? { ...view, status: 'held', hold: untouched(view.legs) }
      : { ...view, status: 'posted', endedAt };
  if (event.type === 'hold.expired') return closed(view, 'expired', endedAt);
  if (event.type !== 'transfer.canceled') return reviewedView(view, event, endedAt);
  const { reason } = event;
  const { rejection } = reason;
  if (rejection === undefined) return { ...view, status: 'canceled', endedAt, reason };
  return { ...view, status: 'rejected', endedAt, reason, rejection };
}

/** What another operation did to it. */
function laterView(view: View, event: LedgerEvent, at: string): View {
  switch (event.type) {
    case 'transfer.captured': {
      if (view.hold === undefined) return view;
      const hold = moveParts(view.hold, event.parts, 'remaining', 'captured');
      return captured(view, hold, event, event.final, at);
    }
    case 'hold.voided':
      return closed(view, 'canceled', at);
    case 'transfer.posted':
      return event.reverses === view.id ? reversed(view, event, event.parts ?? []) : view;
    case 'transfer.tried':
    case 'transfer.confirmed':
    case 'transfer.canceled':
      return event.follows?.of === view.id ? sagaView(view, event, at) : view;
    case 'schedule.canceled':
      return view.status === 'scheduled' ? { ...view, status: 'canceled', endedAt: at } : view;
    default:
      return view;
  }
}

/** A capture, a reversal or a release across shards: what it takes, it has only when it is confirmed. */
function sagaView(view: View, event: TransferTried | TransferConfirmed | TransferCanceled, at: string): View {
  const { follows, type } = event;
  if (follows === undefined) return view;
  const { parts } = follows;
  const { hold } = view;
  if (follows.kind === 'reversal') {
    if (type === 'transfer.tried')
      return { ...view, reversing: addParts(view.reversing, view.legs.length, parts, 1n) };
    const left = addParts(view.reversing, view.legs.length, parts, -1n);
    const { reversing: _, ...rest } = view;
    const less = left.some((amount) => amount > 0n) ? { ...rest, reversing: left } : rest;
    return type === 'transfer.confirmed' ? reversed(less, event, parts) : less;
  }
  if (hold === undefined) return view;
  if (follows.kind === 'release') {
    const { releases = 0, closedAs } = view;
    if (type === 'transfer.tried') return { ...view, releases: releases + 1 };
    const left = { ...view, releases: releases - 1 };
    return closedAs === undefined ? left : closed(left, closedAs, at);
  }
  if (type === 'transfer.tried') return { ...view, hold: moveParts(hold, parts, 'remaining', 'capturing') };
  const isOpen = view.closedAs === undefined;
  if (type === 'transfer.confirmed')
    return captured(view, moveParts(hold, parts, 'capturing', 'captured'), event, follows.final, at);
  const back = moveParts(hold, parts, 'capturing', isOpen ? 'remaining' : undefined);
  return isOpen ? { ...view, hold: back } : closed({ ...view, hold: back }, view.closedAs, at);
}

function captured(
  view: View,
  hold: readonly HoldPart[],
  { transfer }: { readonly transfer: TransferId },
  final: boolean,
  at: string,
): View {
  const more = { ...view, hold, captures: [...(view.captures ?? []), transfer] };
  const over = final || isUsedUp(hold) || view.closedAs !== undefined;
  return over ? closed(more, view.closedAs ?? 'canceled', at) : more;
}

function reversed(
  view: View,
  { transfer }: { readonly transfer: TransferId },
  parts: Parameters<typeof addParts>[2],
): View {
  const sums = addParts(view.reversed, view.legs.length, parts, 1n);
  return { ...view, reversed: sums, reversals: [...(view.reversals ?? []), transfer] };
}

/**
 * A hold of which something was captured is posted, however it ended. While captures are under way that is not known, and
 * while releases are not all of it is free: it is processing, with nothing remaining.
 */
function closed(view: View, closedAs: 'canceled' | 'expired', at: string): View {
  const hold = (view.hold ?? []).map((part) => ({ ...part, remaining: 0n }));
  const open = (view.releases ?? 0) > 0 || hold.some(({ capturing }) => capturing > 0n);
  if (open) return { ...view, hold, closedAs, status: 'processing' };
  const status = hold.some((part) => part.captured > 0n) ? 'posted' : closedAs;
  return { ...view, hold, closedAs, status, endedAt: at };
}

const isPlain = ({ details, upTo, reverses, legs }: TransferPosted): boolean =>
  details === undefined &&
  upTo === undefined &&
  reverses === undefined &&
  legs.every(({ inTransit }) => inTransit === undefined);
const isBare = (event: TransferTried): boolean =>
  event.details === undefined &&
  event.upTo === undefined &&
  event.follows === undefined &&
  purposeOf(event) === undefined;
/** Refusals of these make no transfer. */
const NO_TRANSFERS: ReadonlySet<string> = new Set(['void', 'approve', 'decline']);

/** The transfer that an event is a part of the story of, in its own right: a decision is of the one it is about. */
const subjectOf = (event: LedgerEvent): TransferId | undefined =>
  event.type === 'review.approved' || event.type === 'review.declined'
    ? event.review
    : 'transfer' in event
      ? event.transfer
      : undefined;

const plainLeg = ({ debit, credit, amount, asset }: Leg): Leg => ({ debit, credit, amount, asset });
