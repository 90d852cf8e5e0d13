import type { LedgerEvent } from '../domain/event.js';
import type { TenantId, TransferId } from '../domain/ids.js';
import { type PlannedLeg, pivotOf } from '../domain/transfer.js';
import type { decodeEvent } from '../journal/decode.js';
import { begunBy } from './begun-by.js';

/** A shard's events of some transfers, each transfer's in the order of the journal. */
export type ShardHistory = ReadonlyMap<TransferId, readonly ReturnType<typeof decodeEvent>[]>;

export interface SagaStepSeen {
  readonly shard: number;
  readonly role: 'coordinator' | 'participant' | 'pivot';
  /** The last thing the shard recorded of it; `unknown` if the shard could not be asked. */
  readonly says: 'nothing' | 'unknown' | 'tried' | 'posted' | 'rejected' | 'canceled' | 'tombstone';
  /** RFC 3339. */
  readonly at?: string;
  readonly event?: string;
}

export interface SagaLeg extends PlannedLeg {
  /** `unknown`: one of its shards could not be asked. */
  readonly posted: 'nowhere' | 'one side' | 'both sides' | 'unknown';
}

/** A transfer across shards as its shards see it. */
export interface OpenSaga {
  readonly transfer: TransferId;
  readonly tenant: TenantId;
  readonly kind: 'transfer' | 'hold' | 'capture' | 'reversal' | 'release';
  /** The hold that it captures or frees parts of, or the transfer that it reverses. */
  readonly of?: TransferId;
  /** RFC 3339. */
  readonly since: string;
  /** RFC 3339; NEVER where it can only go forward. */
  readonly deadline: string;
  /** The coordinator first, the pivot last. */
  readonly route: readonly number[];
  /**
   * `undecided`: may still be canceled, which a release never may. `posting` and `canceling`: the pivot's shard has decided. `unknown`: the
   * pivot's shard could not be asked. `posted` (of a hold: held; of a release: freed) and `canceled`: the coordinator has
   * ended it.
   */
  readonly state: 'undecided' | 'posting' | 'canceling' | 'unknown' | 'posted' | 'canceled';
  readonly steps: readonly SagaStepSeen[];
  readonly legs: readonly SagaLeg[];
  /** The coordinator's event that holds the intent. */
  readonly event: string;
}

/** Undefined if no shard that was asked holds its intent. */
export function openSagaOf(
  transfer: TransferId,
  histories: ReadonlyMap<number, ShardHistory>,
): OpenSaga | undefined {
  for (const history of histories.values()) {
    for (const { event, envelope } of history.get(transfer) ?? []) {
      const begun = begunBy(event);
      if (begun === undefined) continue;
      const { plan, deadline, tenant, follows } = begun;
      const pivot = pivotOf(plan);
      const route = [plan.coordinator, ...plan.participants];
      const steps = route.map((shard): SagaStepSeen => {
        const role = shard === plan.coordinator ? 'coordinator' : shard === pivot ? 'pivot' : 'participant';
        const asked = histories.get(shard);
        if (asked === undefined) return { shard, role, says: 'unknown' };
        // What became of a hold later is no step of its making.
        const last = asked.get(transfer)?.findLast((one) => saidBy(one.event) !== 'nothing');
        if (last === undefined) return { shard, role, says: 'nothing' };
        return { shard, role, says: saidBy(last.event), at: last.envelope.time, event: last.envelope.id };
      });
      const kind = follows?.kind ?? (plan.holds === true ? 'hold' : 'transfer');
      const said = new Map(movesBetweenShards(kind) ? steps.map(({ shard, says }) => [shard, says]) : []);
      const legs = plan.legs.map((leg): SagaLeg => ({ ...leg, posted: postedOf(leg, said) }));
      const state = stateOf(kind, steps);
      return {
        transfer,
        tenant,
        kind,
        ...(follows === undefined ? {} : { of: follows.of }),
        since: envelope.time,
        deadline,
        route,
        state,
        steps,
        legs,
        event: envelope.id,
      };
    }
  }
  return undefined;
}

function postedOf(
  { debitShard, creditShard }: PlannedLeg,
  said: ReadonlyMap<number, SagaStepSeen['says']>,
): SagaLeg['posted'] {
  const sides = [said.get(debitShard), said.get(creditShard)];
  if (sides.includes('unknown')) return 'unknown';
  return SIDES[sides.filter((says) => says === 'posted').length] ?? 'nowhere';
}

const SIDES = ['nowhere', 'one side', 'both sides'] as const;

/** A hold and what frees it set aside and free debits, each shard its own. */
export const movesBetweenShards = (kind: OpenSaga['kind']): boolean => kind !== 'hold' && kind !== 'release';

function saidBy(event: LedgerEvent): SagaStepSeen['says'] {
  switch (event.type) {
    case 'transfer.tried':
    case 'review.approved':
      return 'tried';
    case 'transfer.pivoted':
    case 'transfer.confirmed':
      return 'posted';
    case 'transfer.rejected':
      return 'rejected';
    case 'transfer.canceled':
      return event.tombstone ? 'tombstone' : 'canceled';
    default:
      return 'nothing';
  }
}

/** The pivot's shard decides; the coordinator's status, which comes last, speaks for all. */
function stateOf(kind: OpenSaga['kind'], steps: readonly SagaStepSeen[]): OpenSaga['state'] {
  const first = steps[0]?.says;
  if (first === 'posted') return 'posted';
  if (first === 'canceled' || first === 'tombstone' || first === 'rejected') return 'canceled';
  const pivot = steps.at(-1)?.says;
  if (pivot === 'unknown') return 'unknown';
  if (pivot === 'posted') return 'posting';
  // What is to be freed was decided to be when it began.
  if (kind === 'release') return 'posting';
  return pivot === 'nothing' || pivot === 'tried' ? 'undecided' : 'canceling';
}

/** Open longer than `afterMs`: a person should look. */
export const needsOperator = ({ since, state }: OpenSaga, now: Date, afterMs: number): boolean =>
  state !== 'posted' && state !== 'canceled' && now.getTime() - Date.parse(since) > afterMs;
