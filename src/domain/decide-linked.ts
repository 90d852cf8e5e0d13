import { claimRefusal, freshClaim } from './claim-refusal.js';
import type { LinkedTransfers } from './command.js';
import { decideTransfer, rejected } from './decide-transfer.js';
import type { LedgerEvent } from './event.js';
import { evolve } from './evolve.js';
import type { Decision, LinkedOutcome, Recorded } from './outcome.js';
import type { Rejection } from './rejections.js';
import { type LedgerView, Overlay } from './state.js';

/**
 * All or none: each item is decided on what those before it leave. If one is refused, nothing is written; if one is
 * rejected, so are all, each recorded under its own id. A repeat of the whole batch gets its answers again; an item that was used
 * apart from the others is refused, since it could share neither their success nor their failure.
 */
export function decideLinked(
  state: LedgerView,
  { items }: LinkedTransfers,
  nextSeq: number,
): Decision<LinkedOutcome> {
  const repeated = items.every(({ transfer }) => state.transfer(transfer)?.first !== undefined);
  const used = repeated ? undefined : usedBefore(state, items);
  if (used !== undefined) return { outcome: { kind: 'refused', rejection: used }, events: [] };
  const overlay = new Overlay(state);
  const events: LedgerEvent[] = [];
  const outcomes: Recorded[] = [];
  let failed: number | undefined;
  for (const [index, item] of items.entries()) {
    const decision = decideTransfer(overlay, item, nextSeq + events.length, 'linked');
    const { outcome } = decision;
    if (outcome.kind === 'refused') {
      return { outcome: { kind: 'refused', rejection: { ...outcome.rejection, index } }, events: [] };
    }
    outcomes.push(outcome);
    if (outcome.result === 'rejected' && !outcome.replayed) failed ??= index;
    // What comes after it is looked at for refusals alone.
    if (failed !== undefined) continue;
    decision.events.forEach((event, i) => {
      evolve(overlay, event, nextSeq + events.length + i);
    });
    events.push(...decision.events);
  }
  if (failed !== undefined) return rejectAll(state, items, failed, outcomes[failed]?.rejection, nextSeq);
  return { outcome: { kind: 'linked', items: outcomes }, events };
}

function usedBefore(state: LedgerView, items: LinkedTransfers['items']): Rejection | undefined {
  const seen = new Set<string>();
  for (const [index, { transfer, claim }] of items.entries()) {
    const reused = claimRefusal(state, claim);
    if (reused !== undefined) return { ...reused, index };
    const known = state.transfer(transfer);
    if (known !== undefined && known.first === undefined) return { code: 'transfer_canceled', index };
    const twice = seen.has(transfer) || (claim !== undefined && seen.has(claim.id));
    if (known !== undefined || twice) return { code: 'idempotency_key_reused', index };
    seen.add(transfer);
    if (claim !== undefined) seen.add(claim.id);
  }
  return undefined;
}

function rejectAll(
  state: LedgerView,
  items: LinkedTransfers['items'],
  failed: number,
  rejection: Rejection | undefined,
  nextSeq: number,
): Decision<LinkedOutcome> {
  const written = items.map((item, index) => {
    const { claim } = item;
    const fresh = freshClaim(state, claim);
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
