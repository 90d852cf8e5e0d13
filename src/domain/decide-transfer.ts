import { type Account, NO_COUNTERS } from './account.js';
import { refusalOf } from './admission.js';
import { claimRefusal } from './claim-refusal.js';
import type {
  CancelTransfer,
  ConfirmTransfer,
  PivotTransfer,
  PostTransfer,
  TransferCommand,
  TryTransfer,
} from './command.js';
import { entriesOf } from './entries.js';
import type { AccountOpened, LedgerEvent } from './event.js';
import { type AccountId, inTransitAccountId } from './ids.js';
import { type Decision, type Outcome, refuse } from './outcome.js';
import { REJECTIONS } from './rejections.js';
import type { LedgerView } from './state.js';
import type { LocalLeg, TransferState } from './transfer.js';

type FirstStepCommand = PostTransfer | TryTransfer | PivotTransfer;

/** The steps of a transfer in one shard. Idempotent by (transfer, step): a repeat answers the first outcome. */
export function decideTransfer(state: LedgerView, command: TransferCommand, nextSeq: number): Decision {
  switch (command.kind) {
    case 'confirm':
      return confirm(state, command, nextSeq);
    case 'cancel':
      return cancel(state, command, nextSeq);
    default:
      return firstStep(state, command, nextSeq);
  }
}

function firstStep(state: LedgerView, command: FirstStepCommand, nextSeq: number): Decision {
  const claim = 'claim' in command ? command.claim : undefined;
  const reused = claimRefusal(state, claim);
  if (reused !== undefined) return refuse(reused);
  const known = state.transfer(command.transfer);
  if (known !== undefined && known.tenant !== command.tenant) return refuse({ code: 'transfer_not_found' });
  if (known?.first !== undefined) return repeat(known.first);
  if (known?.last !== undefined) return refuse({ code: 'transfer_canceled' });
  const rejection = refusalOf(command.legs, command.tenant, state.account);
  // A claim already kept here (its effect was lost with a node) is not written again.
  const fresh = claim !== undefined && state.claim(claim.id) === undefined ? { claim } : {};
  if (rejection === undefined) return carryOut(state, command, fresh, nextSeq);
  if (!REJECTIONS[rejection.code].recorded) return refuse(rejection);
  const { tenant, transfer, legs } = command;
  const saga = command.kind === 'post' ? {} : { coordinator: command.coordinator };
  const intent = command.kind === 'try' && command.intent !== undefined ? { intent: command.intent } : {};
  const event = {
    type: 'transfer.rejected',
    tenant,
    transfer,
    step: command.kind,
    ...saga,
    ...intent,
    legs,
    rejection,
  } as const;
  return decided([{ ...event, ...fresh }], nextSeq, { result: 'rejected', rejection });
}

function carryOut(
  state: LedgerView,
  command: FirstStepCommand,
  claim: { readonly claim?: NonNullable<PostTransfer['claim']> },
  nextSeq: number,
): Decision {
  const { tenant, transfer, legs } = command;
  const opened = openInTransit(state, command);
  const accountOf = (id: AccountId): Account => existing(state.account(id) ?? opened.accounts.get(id), id);
  const entries = entriesOf(legs, command.kind === 'try' ? 'set_aside' : 'post', accountOf);
  const event = ((): LedgerEvent => {
    switch (command.kind) {
      case 'post':
        return { type: 'transfer.posted', tenant, transfer, legs, entries, ...claim };
      case 'try': {
        const intent = command.intent === undefined ? {} : { intent: command.intent };
        return {
          type: 'transfer.tried',
          tenant,
          transfer,
          coordinator: command.coordinator,
          ...intent,
          legs,
          entries,
          ...claim,
        };
      }
      case 'pivot':
        return {
          type: 'transfer.pivoted',
          tenant,
          transfer,
          coordinator: command.coordinator,
          legs,
          entries,
        };
    }
  })();
  return decided([...opened.events, event], nextSeq, { result: 'done' });
}

/** In-transit accounts come into being with the first transfer that needs them. */
function openInTransit(state: LedgerView, { tenant, legs }: FirstStepCommand) {
  const events: AccountOpened[] = [];
  const accounts = new Map<AccountId, Account>();
  for (const { inTransit, asset } of legs) {
    if (inTransit === undefined) continue;
    const id = inTransitAccountId(tenant, state.shard, inTransit.peer, asset);
    if (state.account(id) !== undefined || accounts.has(id)) continue;
    const limits = { minBalance: null, maxBalance: null };
    const common = { tenant, kind: 'in_transit', asset } as const;
    events.push({
      type: 'account.opened',
      ...common,
      account: id,
      limits,
      metadata: {},
      peer: inTransit.peer,
    });
    accounts.set(id, {
      id,
      ...common,
      ...limits,
      status: 'open',
      openedSeq: 0,
      counters: NO_COUNTERS,
      version: 0,
    });
  }
  return { events, accounts };
}

function confirm(state: LedgerView, command: ConfirmTransfer, nextSeq: number): Decision {
  const known = owned(state, command);
  if (known?.last !== undefined) {
    return known.last.step === 'confirm' ? repeat(known.last) : refuse({ code: 'transfer_canceled' });
  }
  if (known?.first === undefined) return refuse({ code: 'transfer_not_found' });
  if (known.first.result !== 'done') return refuse({ code: 'transfer_canceled' });
  // Where the first step posted already (the pivot, a local transfer), confirming has nothing to add.
  if (known.first.step !== 'try') return repeat(known.first);
  const { tenant, transfer } = command;
  const entries = settle(state, known, 'confirm');
  return decided([{ type: 'transfer.confirmed', tenant, transfer, entries }], nextSeq, { result: 'done' });
}

function cancel(state: LedgerView, command: CancelTransfer, nextSeq: number): Decision {
  const known = owned(state, command);
  if (known === undefined && state.transfer(command.transfer) !== undefined)
    return refuse({ code: 'transfer_not_found' });
  if (known?.last !== undefined) {
    return known.last.step === 'cancel' ? repeat(known.last) : refuse({ code: 'transfer_decided' });
  }
  const first = known?.first;
  if (first !== undefined && first.result === 'rejected') return repeat(first);
  if (first !== undefined && first.step !== 'try') return refuse({ code: 'transfer_decided' });
  const { tenant, transfer, coordinator, reason } = command;
  const tombstone = first === undefined;
  const entries = known === undefined || tombstone ? [] : settle(state, known, 'release');
  const event = {
    type: 'transfer.canceled',
    tenant,
    transfer,
    coordinator,
    reason,
    entries,
    tombstone,
  } as const;
  return decided([event], nextSeq, { result: tombstone ? 'tombstone' : 'done', reason });
}

function settle(state: LedgerView, known: TransferState, movement: 'confirm' | 'release') {
  const legs: readonly LocalLeg[] = known.first?.legs ?? [];
  return entriesOf(legs, movement, (id) => existing(state.account(id), id));
}

function owned(state: LedgerView, command: ConfirmTransfer | CancelTransfer): TransferState | undefined {
  const known = state.transfer(command.transfer);
  return known?.tenant === command.tenant ? known : undefined;
}

function existing(account: Account | undefined, id: AccountId): Account {
  if (account === undefined) throw new Error(`account ${id} was not loaded`);
  return account;
}

function repeat(step: NonNullable<TransferState['first'] | TransferState['last']>): Decision {
  const { result, seq } = step;
  const rejection = 'rejection' in step && step.rejection !== undefined ? { rejection: step.rejection } : {};
  const reason = 'reason' in step && step.reason !== undefined ? { reason: step.reason } : {};
  return { outcome: { kind: 'recorded', result, seq, replayed: true, ...rejection, ...reason }, events: [] };
}

type Answer = Pick<Extract<Outcome, { kind: 'recorded' }>, 'result' | 'rejection' | 'reason'>;

function decided(events: readonly LedgerEvent[], nextSeq: number, answer: Answer): Decision {
  const seq = nextSeq + events.length - 1;
  return { outcome: { kind: 'recorded', seq, replayed: false, ...answer }, events };
}
