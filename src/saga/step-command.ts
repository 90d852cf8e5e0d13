import type { StepAnswer, StepItem } from '../../workflows/contract.js';
import type { TransferCommand } from '../domain/command.js';
import type { TenantId, TransferId } from '../domain/ids.js';
import type { Outcome } from '../domain/outcome.js';
import { partAt } from '../domain/plan.js';
import {
  type CancelReason,
  type FollowUp,
  legsAt,
  type Plan,
  type TransferDetails,
} from '../domain/transfer.js';
import { eventId } from '../journal/envelope.js';

/** What a step needs of the event that holds the coordinator's intent. */
export interface StepIntent {
  readonly tenant: TenantId;
  readonly plan: Plan;
  readonly follows: FollowUp | undefined;
  /** Only when it counts: what else the caller said of it is in the coordinator's own event. */
  readonly effectiveAt: TransferDetails['effectiveAt'] | undefined;
}

export type SagaStep = 'try' | 'pivot' | 'confirm' | 'cancel';

/** One shard's part of a step, as its command. */
export function commandOf(
  step: SagaStep,
  shard: number,
  transfer: TransferId,
  { tenant, plan, follows, effectiveAt }: StepIntent,
  { reason }: StepItem,
): TransferCommand {
  const { coordinator } = plan;
  switch (step) {
    case 'try':
    case 'pivot': {
      // What most are, every field by name (docs/performance.md).
      if (
        effectiveAt === undefined &&
        plan.holds === undefined &&
        (follows === undefined || follows.kind === 'reversal')
      )
        return { kind: step, tenant, transfer, coordinator, legs: legsAt(plan, shard, tenant) };
      const when = effectiveAt === undefined ? {} : { details: { effectiveAt } };
      return { kind: step, tenant, transfer, coordinator, ...partAt(plan, follows, shard, tenant), ...when };
    }
    case 'confirm':
      return { kind: 'confirm', tenant, transfer };
    case 'cancel':
      return {
        kind: 'cancel',
        tenant,
        transfer,
        coordinator,
        reason: (reason ?? { code: 'operator' }) as CancelReason,
      };
  }
}

/** The shard's outcome, as the saga is told it. */
export function answerOf(transfer: TransferId, shard: number, outcome: Outcome): StepAnswer {
  if (outcome.kind === 'refused') {
    const { code } = outcome.rejection;
    if (code === 'transfer_canceled') return { transfer, result: 'canceled' };
    if (code === 'transfer_decided') return { transfer, result: 'decided' };
    // Of form: never recorded, so it must be carried by the cancel.
    return {
      transfer,
      result: 'rejected',
      reason: { code: 'rejected', shard, rejection: outcome.rejection },
    };
  }
  const event = eventId(shard, outcome.seq);
  if (outcome.result !== 'rejected') {
    return outcome.reason === undefined
      ? { transfer, result: 'done', event }
      : { transfer, result: 'done', event, reason: outcome.reason };
  }
  return {
    transfer,
    result: 'rejected',
    event,
    reason: { code: 'rejected', shard, rejection: outcome.rejection },
  };
}
