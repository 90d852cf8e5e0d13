import { claimRefusal } from './claim-refusal.js';
import type {
  ClaimKey,
  Command,
  CreateTenant,
  LinkedTransfers,
  OpenShard,
  RaiseWriterVersion,
} from './command.js';
import { changeAccount, openAccount } from './decide-account.js';
import { addSigningKey, signCheckpoint } from './decide-checkpoint.js';
import { decideHold } from './decide-hold.js';
import { decideLinked } from './decide-linked.js';
import { decideReversal } from './decide-reversal.js';
import { decideReview } from './decide-review.js';
import { decideSchedule } from './decide-schedule.js';
import { decideTransfer } from './decide-transfer.js';
import { already, type Decision, decided, type OutcomeOf, refuse } from './outcome.js';
import type { LedgerView } from './state.js';

/**
 * The ledger's one rule book: what a command does to a shard in a given state. Pure and deterministic; changes nothing.
 * `nextSeq` is the sequence the command's first event will get. `evolve` carries the events out.
 */
export function decide<C extends Command>(
  state: LedgerView,
  command: C,
  nextSeq: number,
): Decision<OutcomeOf<C>> {
  return (
    command.kind === 'linked' ? decideLinked(state, command, nextSeq) : decideOne(state, command, nextSeq)
  ) as Decision<OutcomeOf<C>>;
}

function decideOne(state: LedgerView, command: Exclude<Command, LinkedTransfers>, nextSeq: number): Decision {
  switch (command.kind) {
    case 'open_shard':
      return openShard(state, command, nextSeq);
    case 'raise_writer_version':
      return raiseWriterVersion(state, command, nextSeq);
    case 'add_signing_key':
      return addSigningKey(state, command, nextSeq);
    case 'sign_checkpoint':
      return signCheckpoint(state, command, nextSeq);
    case 'create_tenant':
      return createTenant(state, command, nextSeq);
    case 'open_account':
      return openAccount(state, command, nextSeq);
    case 'change_account':
      return changeAccount(state, command, nextSeq);
    case 'capture':
    case 'void':
    case 'expire':
      return decideHold(state, command, nextSeq);
    case 'reverse':
      return decideReversal(state, command, nextSeq);
    case 'approve':
    case 'decline':
    case 'expire_review':
      return decideReview(state, command, nextSeq);
    case 'schedule':
    case 'fire':
    case 'skip':
    case 'unschedule':
      return decideSchedule(state, command, nextSeq);
    case 'claim_key':
      return claimKey(state, command, nextSeq);
    default:
      return decideTransfer(state, command, nextSeq);
  }
}

function openShard(state: LedgerView, command: OpenShard, seq: number): Decision {
  if (state.identity() !== undefined) return already(1);
  const { cluster, buckets } = command;
  return decided([{ type: 'shard.opened', cluster, buckets }], seq, { result: 'done' });
}

function raiseWriterVersion(state: LedgerView, { version }: RaiseWriterVersion, seq: number): Decision {
  // Known already as of the head: there is no event of its own to point at.
  if ((state.identity()?.writerVersion ?? 0) >= version) return already(seq - 1);
  return decided([{ type: 'writer_version.raised', version }], seq, { result: 'done' });
}

function createTenant(state: LedgerView, { tenant, placement }: CreateTenant, seq: number): Decision {
  const known = state.tenant(tenant);
  if (known !== undefined) return already(known.seq);
  return decided([{ type: 'tenant.created', tenant, placement }], seq, { result: 'done' });
}

function claimKey(state: LedgerView, { claim }: ClaimKey, seq: number): Decision {
  const refusal = claimRefusal(state, claim);
  if (refusal !== undefined) return refuse(refusal);
  const kept = state.claim(claim.id);
  if (kept !== undefined) return already(kept.seq);
  return decided([{ type: 'key.claimed', tenant: claim.tenant, claim }], seq, { result: 'done' });
}
