import type { LedgerEvent, TransferPosted } from '../domain/event.js';
import { occurrenceIdOf, type TransferId } from '../domain/ids.js';
import { less } from '../domain/parts.js';
import type { Leg } from '../domain/transfer.js';
import { decodeEvent } from '../journal/decode.js';
import type { TransferView } from './views.js';

type History = readonly { readonly body: string }[];
/** An event and its time, RFC 3339. */
export interface TimedEvent {
  readonly event: LedgerEvent;
  readonly time: string;
}
const timed = ({ body }: { readonly body: string }): TimedEvent => {
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
  return 'transfer' in event && event.transfer === id;
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

function viewOf(events: readonly TimedEvent[], id: TransferId, shard: number): TransferView | undefined {
  let view: TransferView | undefined;
  for (const { event, time } of events) {
    const own = 'transfer' in event && event.transfer === id;
    if (view === undefined)
      view = own ? firstView(event, time, shard) : scheduledView(event, id, time, shard);
    else if (view.status === 'scheduled' && own) view = carriedOut(view, firstView(event, time, shard));
    else view = own ? endedView(view, event, time) : laterView(view, event, time);
  }
  return view;
}

/** What will be a transfer at its time. */
function scheduledView(
  event: LedgerEvent,
  id: TransferId,
  createdAt: string,
  shard: number,
): TransferView | undefined {
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
const carriedOut = (
  { scheduled, createdAt }: TransferView,
  now: TransferView | undefined,
): TransferView | undefined =>
  now && { ...now, createdAt, ...(scheduled === undefined ? {} : { scheduled }) };

function firstView(event: LedgerEvent, at: string, shard: number): TransferView | undefined {
  switch (event.type) {
    case 'transfer.posted':
    case 'transfer.held':
    case 'transfer.captured':
    case 'transfer.tried':
    case 'transfer.rejected':
      break;
    default:
      return undefined;
  }
  if (event.type === 'transfer.rejected' && event.step === 'void') return undefined;
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
  const plan = 'intent' in event ? event.intent?.plan : undefined;
  const base = {
    id: event.transfer,
    tenant: event.tenant,
    legs: (plan?.legs ?? event.legs).map(plainLeg),
    ...(event.details === undefined ? {} : { details: event.details }),
    ...('upTo' in event && event.upTo !== undefined ? { upTo: event.upTo } : {}),
    createdAt: at,
    shards: plan === undefined ? [shard] : [plan.coordinator, ...plan.participants],
  } as const;
  switch (event.type) {
    case 'transfer.posted': {
      const of = event.reverses;
      const kind = of === undefined ? ({ kind: 'transfer' } as const) : ({ kind: 'reversal', of } as const);
      return { ...base, ...kind, status: 'posted', endedAt: at };
    }
    case 'transfer.captured':
      return { ...base, kind: 'capture', of: event.hold, status: 'posted', endedAt: at };
    case 'transfer.held': {
      const hold = event.legs.map(({ amount }) => ({ remaining: amount, captured: 0n }));
      const expires = event.expiresAt === undefined ? {} : { expiresAt: event.expiresAt };
      return { ...base, kind: 'hold', status: 'held', hold, ...expires };
    }
    case 'transfer.tried':
      return { ...base, kind: 'transfer', status: 'processing' };
    case 'transfer.rejected': {
      const kind = event.step === 'capture' ? 'capture' : event.step === 'hold' ? 'hold' : 'transfer';
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
function endedView(view: TransferView, event: LedgerEvent, endedAt: string): TransferView {
  if (event.type === 'transfer.confirmed') return { ...view, status: 'posted', endedAt };
  if (event.type === 'hold.expired') return { ...closed(view, 'expired'), endedAt };
  if (event.type !== 'transfer.canceled') return view;
  const { reason } = event;
  const { rejection } = reason;
  if (rejection === undefined) return { ...view, status: 'canceled', endedAt, reason };
  return { ...view, status: 'rejected', endedAt, reason, rejection };
}

/** What another operation did to it. */
function laterView(view: TransferView, event: LedgerEvent, at: string): TransferView {
  if (event.type === 'schedule.canceled' && view.status === 'scheduled')
    return { ...view, status: 'canceled', endedAt: at };
  if (event.type === 'transfer.captured' && view.hold !== undefined) {
    const hold = less(view.hold, event.parts);
    const captured = { ...view, hold, captures: [...(view.captures ?? []), event.transfer] };
    const over = event.final || hold.every(({ remaining }) => remaining === 0n);
    return over ? { ...closed(captured, 'canceled'), endedAt: at } : captured;
  }
  if (event.type === 'hold.voided') return { ...closed(view, 'canceled'), endedAt: at };
  if (event.type === 'transfer.posted' && event.reverses === view.id) {
    const reversed = view.legs.map((_, leg) =>
      (event.parts ?? []).reduce(
        (sum, part) => (part.leg === leg ? sum + part.amount : sum),
        view.reversed?.[leg] ?? 0n,
      ),
    );
    return { ...view, reversed, reversals: [...(view.reversals ?? []), event.transfer] };
  }
  return view;
}

/** A hold of which something was captured is posted, however it ended. */
function closed(view: TransferView, otherwise: 'canceled' | 'expired'): TransferView {
  const hold = (view.hold ?? []).map(({ captured }) => ({ remaining: 0n, captured }));
  return { ...view, hold, status: hold.some(({ captured }) => captured > 0n) ? 'posted' : otherwise };
}

const isPlain = ({ details, upTo, reverses, legs }: TransferPosted): boolean =>
  details === undefined &&
  upTo === undefined &&
  reverses === undefined &&
  legs.every(({ inTransit }) => inTransit === undefined);

const plainLeg = ({ debit, credit, amount, asset }: Leg): Leg => ({ debit, credit, amount, asset });
