import { existing } from './account.js';
import { availableFor, refusalOf } from './admission.js';
import type { Claim } from './claim.js';
import { claimRefusal, freshClaim } from './claim-refusal.js';
import type {
  CancelTransfer,
  ConfirmTransfer,
  HoldTransfer,
  PivotTransfer,
  PostTransfer,
  TransferCommand,
  TryTransfer,
} from './command.js';
import { entriesOf, movementsOf } from './entries.js';
import type { LedgerEvent, TransferPosted } from './event.js';
import { brokenRate } from './fx.js';
import { type OpenedInTransit, openInTransit } from './open-in-transit.js';
import { type Decision, decided, refuse, repeat } from './outcome.js';
import { foremost, REJECTIONS, type Rejection } from './rejections.js';
import type { ReviewReason } from './review.js';
import { inReview, reviewReason, unreviewable } from './send-to-review.js';
import { settle } from './settle.js';
import type { LedgerView } from './state.js';
import { type Leg, type LocalLeg, purposeOf, type TransferState } from './transfer.js';

type FirstStepCommand = PostTransfer | HoldTransfer | TryTransfer | PivotTransfer;
/** Whether it can wait for a person: one of a linked batch, all of which is one commit, can not. */
type Company = 'alone' | 'linked';

/** The steps of a transfer in one shard. Idempotent by (transfer, step): a repeat answers the first outcome. */
export function decideTransfer(
  state: LedgerView,
  command: TransferCommand,
  nextSeq: number,
  company: Company = 'alone',
): Decision {
  switch (command.kind) {
    case 'confirm':
      return confirm(state, command, nextSeq);
    case 'cancel':
      return cancel(state, command, nextSeq);
    default:
      return firstStep(state, command, nextSeq, company);
  }
}

function firstStep(
  state: LedgerView,
  command: FirstStepCommand,
  nextSeq: number,
  company: Company,
): Decision {
  const claim = command.kind === 'pivot' ? undefined : command.claim;
  const reused = claimRefusal(state, claim);
  if (reused !== undefined) return refuse(reused);
  const known = state.transfer(command.transfer);
  if (known !== undefined && known.tenant !== command.tenant) return refuse({ code: 'transfer_not_found' });
  if (known?.first !== undefined) return repeat(known.first);
  if (known?.last !== undefined) return refuse({ code: 'transfer_canceled' });
  const fresh = freshClaim(state, claim);
  const asked = command.legs;
  const settled = upTo(state, command);
  const reason = reviewReason(state, settled);
  const rejection =
    refusalOfStep(state, settled) ?? (company === 'linked' ? unreviewable(reason) : undefined);
  if (rejection === undefined) return carryOut(state, settled, asked, fresh, nextSeq, reason);
  if (!REJECTIONS[rejection.code].recorded) return refuse(rejection);
  return decided([rejected(command, rejection, fresh)], nextSeq, { result: 'rejected', rejection });
}

/** Of a transfer of up to an amount: as much as can be moved, in its legs and in its plan. */
function upTo(state: LedgerView, command: FirstStepCommand): FirstStepCommand {
  const [leg] = command.legs;
  if ((command.kind !== 'post' && command.kind !== 'try') || command.upTo !== true || leg === undefined) {
    return command;
  }
  // Of one leg only, in the whole of its plan: else it is refused below.
  if (wholeOf(command)?.length !== 1) return command;
  const amount = availableFor(leg, state.account);
  // Where nothing can be moved the whole amount is refused, with the reason.
  if (amount <= 0n || amount === leg.amount) return command;
  const legs = [{ ...leg, amount }];
  if (command.kind === 'post' || command.intent === undefined) return { ...command, legs };
  const { plan, deadline } = command.intent;
  return {
    ...command,
    legs,
    intent: { plan: { ...plan, legs: plan.legs.map((one) => ({ ...one, amount })) }, deadline },
  };
}

/** All legs of the transfer; a participant sees only its own, and what is asked of the whole was checked before. */
function wholeOf(command: FirstStepCommand): readonly Leg[] | undefined {
  if (command.kind === 'pivot') return undefined;
  return command.kind === 'try' ? command.intent?.plan.legs : command.legs;
}

function refusalOfStep(state: LedgerView, command: FirstStepCommand): Rejection | undefined {
  const { kind, legs, tenant } = command;
  // Nobody could say alone that such a hold is held.
  if (kind === 'hold' && legs.some(({ inTransit }) => inTransit?.side === 'debit'))
    return { code: 'across_shards' };
  const purpose = kind === 'hold' ? kind : kind === 'post' ? undefined : purposeOf(command);
  // What it frees was set aside: nobody can refuse that.
  if (purpose === 'release') return undefined;
  const admission = refusalOf(legs, tenant, state.account, purpose);
  const isUpTo = (kind === 'post' || kind === 'try') && command.upTo === true;
  if (command.details?.fx === undefined && !isUpTo) return admission;
  const found: Rejection[] = admission === undefined ? [] : [admission];
  const whole = wholeOf(command);
  const index = whole === undefined ? undefined : brokenRate(whole, command.details?.fx);
  if (index !== undefined) found.push({ code: 'fx_rate_mismatch', index });
  if (isUpTo && whole?.length !== 1) found.push({ code: 'up_to_one_leg' });
  return foremost(found);
}

/** The event that refuses a first step for good. */
export function rejected(
  command: FirstStepCommand,
  rejection: Rejection,
  claim: { readonly claim?: Claim },
): LedgerEvent {
  const { tenant, transfer, legs, kind: step, details } = command;
  return {
    type: 'transfer.rejected',
    tenant,
    transfer,
    step,
    ...('coordinator' in command ? { coordinator: command.coordinator } : {}),
    ...('intent' in command && command.intent !== undefined ? { intent: command.intent } : {}),
    ...('plan' in command && command.plan !== undefined ? { plan: command.plan } : {}),
    ...(details === undefined ? {} : { details }),
    legs,
    rejection,
    ...claim,
  };
}

function carryOut(
  state: LedgerView,
  command: FirstStepCommand,
  asked: readonly LocalLeg[],
  claim: { readonly claim?: Claim },
  nextSeq: number,
  reason: ReviewReason | undefined,
): Decision {
  const { tenant, transfer, legs } = command;
  if (
    command.kind === 'post' &&
    command.details === undefined &&
    command.upTo !== true &&
    reason === undefined
  )
    return decided([postedPlainly(state, command, claim)], nextSeq, { result: 'done' });
  const opened = openInTransit(state, tenant, legs);
  if (reason === undefined && isPlainStep(command)) return stepPlainly(command, opened, claim, nextSeq);
  const { accountOf } = opened;
  const details = command.details === undefined ? {} : { details: command.details };
  const common = { tenant, transfer, ...details, legs } as const;
  const requested =
    'upTo' in command && command.upTo === true && asked[0] !== undefined ? { upTo: asked[0].amount } : {};
  const event = ((): LedgerEvent => {
    if (reason !== undefined && command.kind !== 'pivot') {
      return { ...inReview(command, reason, accountOf), ...common, ...requested, ...claim };
    }
    switch (command.kind) {
      case 'post': {
        const entries = entriesOf({ moved: [legs, 'post'] }, accountOf);
        return { type: 'transfer.posted', ...common, ...requested, entries, ...claim };
      }
      case 'hold': {
        const entries = entriesOf({ held: [legs, 'set_aside'] }, accountOf);
        const plan = command.plan === undefined ? {} : { plan: command.plan };
        return { type: 'transfer.held', ...common, ...expiryIn(command), ...plan, entries, ...claim };
      }
      case 'try': {
        const { coordinator, intent } = command;
        const entries = entriesOf(movementsOf(purposeOf(command), legs, 'set_aside'), accountOf);
        const saga =
          intent === undefined
            ? { coordinator, ...purposeSaid(command) }
            : { coordinator, intent, ...expiryIn(command) };
        return { type: 'transfer.tried', ...common, ...saga, ...requested, entries, ...claim };
      }
      case 'pivot': {
        const { coordinator, releases } = command;
        const entries = entriesOf(movementsOf(purposeOf(command), legs, 'post'), accountOf);
        const purpose = releases === undefined ? purposeSaid(command) : { releases };
        return { type: 'transfer.pivoted', ...common, coordinator, ...purpose, entries };
      }
    }
  })();
  return decided([...opened.events, event], nextSeq, { result: 'done' });
}

/** A participant's step says what it is for. */
const purposeSaid = ({ holds, captures }: TryTransfer | PivotTransfer) => ({
  ...(holds === undefined ? {} : { holds }),
  ...(captures === undefined ? {} : { captures }),
});
const expiryIn = ({ expiresAt }: HoldTransfer | TryTransfer) =>
  expiresAt === undefined ? {} : { expiresAt };

/** What most transfers come to, every field by name: spread, it costs four times as much (docs/performance.md). */
function postedPlainly(
  state: LedgerView,
  { tenant, transfer, legs }: PostTransfer,
  { claim }: { readonly claim?: Claim },
): TransferPosted {
  const type = 'transfer.posted';
  const entries = entriesOf({ moved: [legs, 'post'] }, (id) => existing(state.account(id), id));
  if (claim === undefined) return { type, tenant, transfer, legs, entries };
  return { type, tenant, transfer, legs, entries, claim };
}

const isPlainStep = (command: FirstStepCommand): command is TryTransfer | PivotTransfer =>
  (command.kind === 'pivot' || (command.kind === 'try' && command.upTo !== true)) &&
  command.details === undefined &&
  purposeOf(command) === undefined;

/** Most steps of sagas, as plainly. */
function stepPlainly(
  command: TryTransfer | PivotTransfer,
  { events, accountOf }: OpenedInTransit,
  { claim }: { readonly claim?: Claim },
  nextSeq: number,
): Decision {
  const { kind, tenant, transfer, legs, coordinator } = command;
  const entries = entriesOf({ moved: [legs, kind === 'pivot' ? 'post' : 'set_aside'] }, accountOf);
  const event = ((): LedgerEvent => {
    if (kind === 'pivot') return { type: 'transfer.pivoted', tenant, transfer, legs, coordinator, entries };
    const type = 'transfer.tried';
    const { intent } = command;
    if (intent === undefined) {
      const tried = { type, tenant, transfer, legs, coordinator, entries } as const;
      return claim === undefined ? tried : { ...tried, claim };
    }
    if (claim === undefined) return { type, tenant, transfer, legs, coordinator, intent, entries };
    return { type, tenant, transfer, legs, coordinator, intent, entries, claim };
  })();
  return decided(events.length === 0 ? [event] : [...events, event], nextSeq, { result: 'done' });
}

function confirm(state: LedgerView, command: ConfirmTransfer, nextSeq: number): Decision {
  const known = owned(state, command);
  // It is a hold since then, and whatever became of it does not change this answer.
  if (known?.heldBy !== undefined) return repeat({ step: 'confirm', result: 'done', seq: known.heldBy });
  if (known?.last !== undefined) {
    return known.last.step === 'confirm' ? repeat(known.last) : refuse({ code: 'transfer_canceled' });
  }
  if (known?.first === undefined) return refuse({ code: 'transfer_not_found' });
  if (known.first.result !== 'done') return refuse({ code: 'transfer_canceled' });
  // Where the first step posted already (the pivot, a local transfer), confirming has nothing to add.
  if (known.first.step === 'post' || known.first.step === 'pivot') return repeat(known.first);
  if (known.first.step !== 'try') return refuse({ code: 'transfer_not_found' });
  const { tenant, transfer } = command;
  const { begins, ...settled } = settle(state, known, 'confirm');
  const event = { type: 'transfer.confirmed', tenant, transfer, ...settled } as const;
  return decided([...begins, event], nextSeq, { result: 'done' });
}

function cancel(state: LedgerView, command: CancelTransfer, nextSeq: number): Decision {
  const known = owned(state, command);
  if (known === undefined && state.transfer(command.transfer) !== undefined)
    return refuse({ code: 'transfer_not_found' });
  if (known?.heldBy !== undefined) return refuse({ code: 'transfer_decided' });
  if (known?.last !== undefined) {
    return known.last.step === 'cancel' ? repeat(known.last) : refuse({ code: 'transfer_decided' });
  }
  const first = known?.first;
  if (first !== undefined && command.unlessBegun === true) return refuse({ code: 'transfer_decided' });
  if (first !== undefined && first.result === 'rejected') return repeat(first);
  // What was decided to be freed is freed: a release only goes forward.
  if (first !== undefined && (first.step !== 'try' || known?.purpose === 'release'))
    return refuse({ code: 'transfer_decided' });
  const { tenant, transfer, coordinator, reason } = command;
  const tombstone = first === undefined;
  const { begins, ...settled } =
    known === undefined || tombstone ? { begins: [], entries: [] } : settle(state, known, 'release');
  const event = {
    type: 'transfer.canceled',
    tenant,
    transfer,
    coordinator,
    reason,
    ...settled,
    tombstone,
  } as const;
  return decided([...begins, event], nextSeq, { result: tombstone ? 'tombstone' : 'done', reason });
}

function owned(state: LedgerView, command: ConfirmTransfer | CancelTransfer): TransferState | undefined {
  const known = state.transfer(command.transfer);
  return known?.tenant === command.tenant ? known : undefined;
}
