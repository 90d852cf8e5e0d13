import type { TenantId, TransferId } from './ids.js';
import { legsOfParts } from './plan.js';
import type { Rejection } from './rejections.js';
import type { LedgerView } from './state.js';
import {
  debitsAt,
  type HoldPart,
  isHoldStep,
  type Leg,
  type LocalLeg,
  type Part,
  type TransferState,
} from './transfer.js';

/** A hold as its coordinator knows it. */
export interface OpenHold {
  readonly known: TransferState;
  /** The whole of it: parts are named by these. */
  readonly legs: readonly Leg[];
  readonly parts: readonly HoldPart[];
  /** Why nothing more can be done with it. */
  readonly closed: Rejection | undefined;
}

/** Undefined where this shard knows of no such hold: of one with debits on several only the coordinator is asked. */
export function holdOf(
  state: LedgerView,
  { tenant, hold }: { readonly tenant: TenantId; readonly hold: TransferId },
): OpenHold | undefined {
  const known = state.transfer(hold);
  if (known?.tenant !== tenant || known.first === undefined || !isHold(known)) return undefined;
  const { first, hold: parts = [], plan } = known;
  return { known, legs: plan?.legs ?? first.legs, parts, closed: closed(known) };
}

/** What its step is, or what a review waits for. */
const isHold = ({ first, review, plan }: TransferState): boolean =>
  first?.step === 'hold' || isHoldStep(review?.step, plan);

function closed({ first, last, hold, review }: TransferState): Rejection | undefined {
  if (review?.decided === false) return { code: 'in_review' };
  if (hold !== undefined && last === undefined) return undefined;
  // Its debits are being set aside shard by shard: whether it will be one is not decided.
  if (first?.step === 'try' && first.result === 'done' && last === undefined)
    return { code: 'hold_processing' };
  return { code: 'hold_closed' };
}

/** The parts as legs of this shard: those that are debited here, whose debits it has set aside. */
export const debitsOf = (
  { first, plan, tenant }: Pick<TransferState, 'first' | 'plan' | 'tenant'>,
  parts: readonly Part[],
  shard: number,
): readonly LocalLeg[] =>
  plan === undefined
    ? legsOfParts(first?.legs ?? [], parts)
    : debitsAt({ ...plan, legs: legsOfParts(plan.legs, parts) }, shard, tenant);
