import { type Account, existing, NO_COUNTERS } from './account.js';
import type { AccountOpened } from './event.js';
import { type AccountId, inTransitAccountId, type TenantId } from './ids.js';
import type { LedgerView } from './state.js';
import type { LocalLeg } from './transfer.js';

/** Where a step's legs find their accounts, and the events that open those which are not there yet. */
export interface OpenedInTransit {
  readonly events: readonly AccountOpened[];
  accountOf(id: AccountId): Account;
}

/** In-transit accounts come into being with the first transfer that needs them. */
export function openInTransit(
  state: LedgerView,
  tenant: TenantId,
  legs: readonly LocalLeg[],
): OpenedInTransit {
  if (legs.every((leg) => isOpened(state, leg)))
    return { events: NONE, accountOf: (id) => existing(state.account(id), id) };
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
      reviewDebits: false,
      openedSeq: 0,
      counters: NO_COUNTERS,
      version: 0,
    });
  }
  return { events, accountOf: (id) => existing(state.account(id) ?? accounts.get(id), id) };
}

const NONE: readonly AccountOpened[] = [];

const isOpened = (state: LedgerView, { inTransit, debit, credit }: LocalLeg): boolean =>
  inTransit === undefined || state.account(inTransit.side === 'debit' ? debit : credit) !== undefined;
