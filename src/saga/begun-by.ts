import type { LedgerEvent } from '../domain/event.js';
import type { TenantId, TransferId } from '../domain/ids.js';
import type { FollowUp, Plan, TransferDetails } from '../domain/transfer.js';

/** What an event begins, if it begins a saga: the coordinator's try, or the approval of what waited for a person. */
export interface Begun {
  readonly transfer: TransferId;
  readonly tenant: TenantId;
  readonly plan: Plan;
  /** RFC 3339. */
  readonly deadline: string;
  /** Of a capture or a reversal. */
  readonly follows?: FollowUp;
  readonly details?: TransferDetails;
}

export function begunBy(event: LedgerEvent): Begun | undefined {
  if (event.type !== 'transfer.tried' && event.type !== 'review.approved') return undefined;
  if (event.intent === undefined) return undefined;
  const { tenant, intent } = event;
  if (event.type === 'review.approved') return { transfer: event.review, tenant, ...intent };
  const { transfer, follows, details } = event;
  return {
    transfer,
    tenant,
    ...intent,
    ...(follows === undefined ? {} : { follows }),
    ...(details === undefined ? {} : { details }),
  };
}
