import type { LedgerEvent } from '../domain/event.js';
import {
  type AccountId,
  type ClaimId,
  occurrenceIdOf,
  type ScheduleId,
  type TransferId,
} from '../domain/ids.js';
import type { Step } from '../domain/transfer.js';
import { uuidOf } from '../storage/wire.js';

/** Under which ids an event is found again. */
export interface StepsOf {
  readonly rows: readonly (readonly [TransferId | ScheduleId | ClaimId | AccountId, Step | 'claim'])[];
  /** The earlier transfer or schedule that the event does something to. */
  readonly parent?: TransferId | ScheduleId;
}

const NOTHING: StepsOf = { rows: [] };

export function stepsOf(event: LedgerEvent): StepsOf {
  switch (event.type) {
    case 'shard.opened':
    case 'writer_version.raised':
    case 'tenant.created':
    case 'signing_key.added':
    case 'checkpoint.signed':
      return NOTHING;
    case 'account.opened': {
      const claims = [event.claim, event.referenceClaim].flatMap((claim) =>
        claim === undefined ? [] : [claim],
      );
      return { rows: claims.map(({ id }) => [id, 'claim'] as const) };
    }
    case 'key.claimed':
      return { rows: [[event.claim.id, 'claim']] };
    case 'account.changed':
    case 'account.change_rejected':
      return withClaim(event, 'change');
    case 'transfer.posted':
      return linked(withClaim(event, 'post'), event.reverses);
    case 'transfer.held':
      return withClaim(event, 'hold');
    case 'transfer.tried':
      return linked(withClaim(event, 'try'), event.follows?.of ?? event.captures);
    case 'transfer.pivoted':
      return linked(withClaim(event, 'pivot'), event.captures ?? event.releases);
    case 'transfer.rejected':
      return withClaim(event, event.step);
    case 'transfer.captured':
      return linked(withClaim(event, 'capture'), event.hold);
    case 'hold.voided':
      return linked(withClaim(event, 'void'), event.hold);
    case 'hold.expired':
      return withClaim(event, 'expire');
    case 'transfer.confirmed':
      return linked(withClaim(event, 'confirm'), event.follows?.of);
    case 'transfer.canceled':
      return linked(withClaim(event, 'cancel'), event.follows?.of);
    case 'transfer.review':
      return withClaim(event, 'review');
    case 'review.approved':
      return linked(withClaim(event, 'approve'), event.review);
    case 'review.declined':
      return linked(withClaim(event, 'decline'), event.review);
    case 'review.expired':
      return withClaim(event, 'expire');
    case 'schedule.created': {
      const { tenant, schedule, claim, rule } = event;
      const made = withClaim({ transfer: schedule, ...(claim && { claim }) }, 'schedule');
      // What will be a transfer is found under its own id from now on.
      return rule === undefined ? linked(made, occurrenceIdOf(tenant, schedule, 1)) : made;
    }
    case 'schedule.fired':
    case 'schedule.skipped':
      return linked(NOTHING, event.schedule);
    case 'schedule.canceled':
      return linked(withClaim(event, 'unschedule'), event.calledOff ?? event.schedule);
  }
}

/** Where the claim's bits are the operation's own (key and debit share their bucket) one row finds both. */
function withClaim(
  event: { readonly transfer: TransferId | ScheduleId; readonly claim?: { readonly id: ClaimId } },
  step: Step,
): StepsOf {
  const { transfer, claim } = event;
  if (claim === undefined || uuidOf(claim.id) === uuidOf(transfer)) return { rows: [[transfer, step]] };
  return {
    rows: [
      [transfer, step],
      [claim.id, 'claim'],
    ],
  };
}

const linked = (steps: StepsOf, parent: TransferId | ScheduleId | undefined): StepsOf =>
  parent === undefined ? steps : { rows: steps.rows, parent };
