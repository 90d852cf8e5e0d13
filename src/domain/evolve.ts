import { type Entry, NO_COUNTERS } from './account.js';
import type { LedgerEvent, TransferCanceled, TransferConfirmed, TransferRejected } from './event.js';
import type { LedgerState } from './state.js';
import type { TransferState } from './transfer.js';

/**
 * Carries out an event on a state: the only way a state changes, in posting, in catching up and in replay.
 * Accounts and transfers the state does not hold are passed over (a bounded copy reads them when it needs them),
 * and so are entries it has already seen.
 */
export function evolve(state: LedgerState, event: LedgerEvent, seq: number): void {
  switch (event.type) {
    case 'shard.opened': {
      const { cluster, buckets } = event;
      state.setIdentity({ shard: state.shard, cluster, buckets, writerVersion: 1 });
      return;
    }
    case 'writer_version.raised': {
      const identity = state.identity();
      if (identity !== undefined) state.setIdentity({ ...identity, writerVersion: event.version });
      return;
    }
    case 'tenant.created':
      state.setTenant(event.tenant, { placement: event.placement, seq });
      return;
    case 'account.opened': {
      const { account: id, tenant, asset, kind, limits, claim } = event;
      if (state.account(id) === undefined) {
        const fresh = { counters: NO_COUNTERS, version: 0, status: 'open', openedSeq: seq } as const;
        state.setAccount({ id, tenant, asset, kind, ...limits, ...fresh });
      }
      if (claim !== undefined) state.setClaim({ ...claim, seq });
      return;
    }
    case 'key.claimed':
      state.setClaim({ ...event.claim, seq });
      return;
    case 'transfer.rejected':
      rejected(state, event, seq);
      return;
    case 'transfer.posted':
    case 'transfer.tried':
    case 'transfer.pivoted': {
      const { tenant, transfer: id, legs, entries } = event;
      const step = (
        { 'transfer.posted': 'post', 'transfer.tried': 'try', 'transfer.pivoted': 'pivot' } as const
      )[event.type];
      const coordinates = event.type === 'transfer.tried' && event.intent !== undefined;
      state.setTransfer({ id, tenant, coordinates, first: { step, result: 'done', seq, legs } });
      if ('claim' in event && event.claim !== undefined) state.setClaim({ ...event.claim, seq });
      applyEntries(state, entries);
      return;
    }
    case 'transfer.confirmed':
    case 'transfer.canceled':
      ended(state, event, seq);
  }
}

function rejected(state: LedgerState, event: TransferRejected, seq: number): void {
  const { tenant, transfer: id, step, intent, legs, rejection, claim } = event;
  // A rejected try ends its shard's part: nothing was set aside, so nothing is left to cancel.
  state.setTransfer({
    id,
    tenant,
    coordinates: intent !== undefined,
    first: { step, result: 'rejected', seq, legs, rejection },
  });
  if (claim !== undefined) state.setClaim({ ...claim, seq });
}

function ended(state: LedgerState, event: TransferConfirmed | TransferCanceled, seq: number): void {
  const { tenant, transfer: id } = event;
  const known = state.transfer(id);
  const last: NonNullable<TransferState['last']> =
    event.type === 'transfer.confirmed'
      ? { step: 'confirm', result: 'done', seq }
      : { step: 'cancel', result: event.tombstone ? 'tombstone' : 'done', seq, reason: event.reason };
  if (known !== undefined) state.setTransfer({ ...known, last });
  else if (event.type === 'transfer.canceled' && event.tombstone) {
    state.setTransfer({ id, tenant, coordinates: false, last });
  }
  applyEntries(state, event.entries);
}

function applyEntries(state: LedgerState, entries: readonly Entry[]): void {
  for (const { account: id, version, after } of entries) {
    const account = state.account(id);
    if (account !== undefined && account.version < version)
      state.setAccount({ ...account, counters: after, version });
  }
}
