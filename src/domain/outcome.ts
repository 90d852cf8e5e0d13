import type { Command, LinkedTransfers } from './command.js';
import type { LedgerEvent } from './event.js';
import type { Rejection } from './rejections.js';
import type { CancelReason, StepResult, TransferState } from './transfer.js';

/** The ledger's answer to one command. */
export type Outcome =
  | {
      readonly kind: 'recorded';
      readonly result: StepResult;
      /** The event that holds this answer; the same for every repeat. */
      readonly seq: number;
      /** True if an earlier command had done it: this one changed nothing. */
      readonly replayed: boolean;
      readonly rejection?: Rejection;
      readonly reason?: CancelReason;
    }
  /** Nothing was written; asking again asks anew. */
  | { readonly kind: 'refused'; readonly rejection: Rejection };
export type Recorded = Extract<Outcome, { kind: 'recorded' }>;

/** The answer to a linked batch: one for each of its items in order, or why nothing was written. */
export type LinkedOutcome =
  | { readonly kind: 'linked'; readonly items: readonly Recorded[] }
  | Extract<Outcome, { kind: 'refused' }>;

export type OutcomeOf<C extends Command> = C extends LinkedTransfers ? LinkedOutcome : Outcome;

export interface Decision<O = Outcome> {
  readonly outcome: O;
  readonly events: readonly LedgerEvent[];
}

export const refuse = (rejection: Rejection): Decision => ({
  outcome: { kind: 'refused', rejection },
  events: [],
});

/** The answer that an earlier command got for this step. */
export function repeat(step: NonNullable<TransferState['first'] | TransferState['last']>): Decision {
  const { result, seq } = step;
  const rejection = 'rejection' in step && step.rejection !== undefined ? { rejection: step.rejection } : {};
  const reason = 'reason' in step && step.reason !== undefined ? { reason: step.reason } : {};
  return { outcome: { kind: 'recorded', result, seq, replayed: true, ...rejection, ...reason }, events: [] };
}

/** Events to write; the answer is in the last of them. */
export function decided(
  events: readonly LedgerEvent[],
  nextSeq: number,
  answer: Pick<Recorded, 'result' | 'rejection' | 'reason'>,
): Decision {
  const seq = nextSeq + events.length - 1;
  const { result, rejection, reason } = answer;
  const plain = rejection === undefined && reason === undefined;
  const outcome = { kind: 'recorded', result, seq, replayed: false } as const;
  return { outcome: plain ? outcome : { ...outcome, ...answer }, events };
}

/** Nothing to write: what is asked for is so already, since the event at `seq`. */
export const already = (seq: number): Decision => ({
  outcome: { kind: 'recorded', result: 'done', seq, replayed: true },
  events: [],
});
