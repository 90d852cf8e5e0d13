import type { Command } from './command.js';
import type { AccountId, ClaimId, TenantId, TransferId } from './ids.js';

/** What `decide` will look at for a command: whoever holds the state loads it first. */
export interface Touched {
  readonly accounts: Set<AccountId>;
  readonly transfers: Set<TransferId>;
  readonly claims: Set<ClaimId>;
  readonly tenants: Set<TenantId>;
}

export const nothingTouched = (): Touched => ({
  accounts: new Set(),
  transfers: new Set(),
  claims: new Set(),
  tenants: new Set(),
});

export function addTouched(command: Command, touched: Touched): void {
  switch (command.kind) {
    case 'open_shard':
    case 'raise_writer_version':
      return;
    case 'create_tenant':
      touched.tenants.add(command.tenant);
      return;
    case 'open_account':
      touched.accounts.add(command.account);
      if (command.claim !== undefined) touched.claims.add(command.claim.id);
      return;
    case 'claim_key':
      touched.claims.add(command.claim.id);
      return;
    case 'post':
    case 'try':
      if (command.claim !== undefined) touched.claims.add(command.claim.id);
      addLegs(command, touched);
      return;
    case 'pivot':
      addLegs(command, touched);
      return;
    case 'confirm':
    case 'cancel':
      // The accounts are those of the try, known once the transfer is loaded: whoever loads it reads them from its legs.
      touched.transfers.add(command.transfer);
  }
}

function addLegs(command: Extract<Command, { legs: unknown }>, touched: Touched): void {
  touched.transfers.add(command.transfer);
  for (const leg of command.legs) {
    touched.accounts.add(leg.debit);
    touched.accounts.add(leg.credit);
  }
}
