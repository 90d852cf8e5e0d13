import type { Leg } from '../domain/transfer.js';
import { decodeEvent } from '../journal/decode.js';
import type { StepRecord } from '../storage/statements/read-steps.js';
import type { TransferStatus, TransferView } from './views.js';

/**
 * A transfer as its own shard recorded it, from its events alone: so every answer about one outcome is the same, for
 * ever. `steps`: of one transfer in one shard, in the order of the journal. Undefined if there is no first step.
 */
export function transferViewOf(
  steps: readonly Pick<StepRecord, 'body'>[],
  shard: number,
): TransferView | undefined {
  const first = steps[0] && decodeEvent(steps[0].body);
  const start = first?.event;
  if (
    start?.type !== 'transfer.posted' &&
    start?.type !== 'transfer.tried' &&
    start?.type !== 'transfer.rejected'
  ) {
    return undefined;
  }
  const intent = 'intent' in start ? start.intent : undefined;
  const plan = intent?.plan;
  const base = {
    id: start.transfer,
    tenant: start.tenant,
    legs: (plan?.legs ?? start.legs).map(plainLeg),
    createdAt: first?.envelope.time ?? '',
    shards: plan === undefined ? [shard] : [plan.coordinator, ...plan.participants],
  };
  if (start.type === 'transfer.posted') return { ...base, status: 'posted', endedAt: base.createdAt };
  if (start.type === 'transfer.rejected') {
    return { ...base, status: 'rejected', endedAt: base.createdAt, rejection: start.rejection };
  }
  const last = steps[1] && decodeEvent(steps[1].body);
  if (last === undefined) return { ...base, status: 'processing' };
  const endedAt = last.envelope.time;
  if (last.event.type !== 'transfer.canceled') return { ...base, status: 'posted', endedAt };
  const { reason } = last.event;
  const status: TransferStatus = reason.rejection === undefined ? 'canceled' : 'rejected';
  const rejection = reason.rejection === undefined ? {} : { rejection: reason.rejection };
  return { ...base, status, endedAt, reason, ...rejection };
}

const plainLeg = ({ debit, credit, amount, asset }: Leg): Leg => ({ debit, credit, amount, asset });
