import { bucketRefusal, claimRefusal } from './claim-refusal.js';
import type {
  ClaimKey,
  Command,
  CreateTenant,
  OpenAccount,
  OpenShard,
  RaiseWriterVersion,
} from './command.js';
import { decideTransfer } from './decide-transfer.js';
import { type Decision, refuse } from './outcome.js';
import type { LedgerView } from './state.js';

/**
 * The ledger's one rule book: what a command does to a shard in a given state. Pure and deterministic; changes nothing.
 * `nextSeq` is the sequence the command's first event will get. `evolve` carries the events out.
 */
export function decide(state: LedgerView, command: Command, nextSeq: number): Decision {
  switch (command.kind) {
    case 'open_shard':
      return openShard(state, command, nextSeq);
    case 'raise_writer_version':
      return raiseWriterVersion(state, command, nextSeq);
    case 'create_tenant':
      return createTenant(state, command, nextSeq);
    case 'open_account':
      return openAccount(state, command, nextSeq);
    case 'claim_key':
      return claimKey(state, command, nextSeq);
    default:
      return decideTransfer(state, command, nextSeq);
  }
}

function openShard(state: LedgerView, command: OpenShard, seq: number): Decision {
  if (state.identity() !== undefined) return already(1);
  const { cluster, buckets } = command;
  return written(seq, { type: 'shard.opened', cluster, buckets });
}

function raiseWriterVersion(state: LedgerView, { version }: RaiseWriterVersion, seq: number): Decision {
  // Known already as of the head: there is no event of its own to point at.
  if ((state.identity()?.writerVersion ?? 0) >= version) return already(seq - 1);
  return written(seq, { type: 'writer_version.raised', version });
}

function createTenant(state: LedgerView, { tenant, placement }: CreateTenant, seq: number): Decision {
  const known = state.tenant(tenant);
  if (known !== undefined) return already(known.seq);
  return written(seq, { type: 'tenant.created', tenant, placement });
}

function openAccount(state: LedgerView, command: OpenAccount, seq: number): Decision {
  const { tenant, account, asset, limits, metadata, claim } = command;
  const refusal = claimRefusal(state, claim) ?? bucketRefusal(state, account);
  if (refusal !== undefined) return refuse(refusal);
  const existing = state.account(account);
  if (existing !== undefined) return already(existing.openedSeq);
  const opened = {
    type: 'account.opened',
    tenant,
    account,
    kind: 'account',
    asset,
    limits,
    metadata,
  } as const;
  return written(seq, claim === undefined ? opened : { ...opened, claim });
}

function claimKey(state: LedgerView, { claim }: ClaimKey, seq: number): Decision {
  const refusal = claimRefusal(state, claim);
  if (refusal !== undefined) return refuse(refusal);
  const kept = state.claim(claim.id);
  if (kept !== undefined) return already(kept.seq);
  return written(seq, { type: 'key.claimed', tenant: claim.tenant, claim });
}

const written = (seq: number, event: Decision['events'][number]): Decision => ({
  outcome: { kind: 'recorded', result: 'done', seq, replayed: false },
  events: [event],
});

const already = (seq: number): Decision => ({
  outcome: { kind: 'recorded', result: 'done', seq, replayed: true },
  events: [],
});
