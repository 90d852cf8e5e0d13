import type { LinkedTransfers } from './command.js';
import { decideTransfer, rejected } from './decide-transfer.js';
import type { LedgerEvent } from './event.js';
import { evolve } from './evolve.js';
import type { Decision, LinkedOutcome, Recorded } from './outcome.js';
import { type LedgerView, Overlay } from './state.js';

/**
 * All or none: each item is decided on what those before it leave. If one is rejected, so are all, each recorded under
 * its own id; if one is refused, nothing is.
 */
export function decideLinked(
  state: LedgerView,
  { items }: LinkedTransfers,
  nextSeq: number,
): Decision<LinkedOutcome> {
  const overlay = new Overlay(state);
  const events: LedgerEvent[] = [];
  const outcomes: Recorded[] = [];
  for (const [index, item] of items.entries()) {
    const decision = decideTransfer(overlay, item, nextSeq + events.length);
    const { outcome } = decision;
    if (outcome.kind === 'refused') {
      return { outcome: { kind: 'refused', rejection: { ...outcome.rejection, index } }, events: [] };
    }
    if (outcome.result === 'rejected' && !outcome.replayed) {
      return rejectAll(state, items, index, outcome, nextSeq);
    }
    decision.events.forEach((event, i) => {
      evolve(overlay, event, nextSeq + events.length + i);
    });
    events.push(...decision.events);
    outcomes.push(outcome);
  }
  return { outcome: { kind: 'linked', items: outcomes }, events };
}

function rejectAll(
  state: LedgerView,
  items: LinkedTransfers['items'],
  failed: number,
  { rejection }: Recorded,
  nextSeq: number,
): Decision<LinkedOutcome> {
  const written = items.map((item, index) => {
    const { claim } = item;
    const fresh = claim !== undefined && state.claim(claim.id) === undefined ? { claim } : {};
    const own =
      index === failed && rejection !== undefined
        ? { ...rejection, index }
        : ({ code: 'linked_failed', index: failed } as const);
    const outcome: Recorded = {
      kind: 'recorded',
      result: 'rejected',
      seq: nextSeq + index,
      replayed: false,
      rejection: own,
    };
    return { event: rejected(item, own, fresh), outcome };
  });
  return {
    outcome: { kind: 'linked', items: written.map(({ outcome }) => outcome) },
    events: written.map(({ event }) => event),
  };
}
