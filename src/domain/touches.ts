import type { Claim } from './claim.js';
import type { Command } from './command.js';
import {
  type AccountId,
  type ClaimId,
  occurrenceIdOf,
  type ScheduleId,
  type TenantId,
  type TransferId,
} from './ids.js';

/** What `decide` will look at for a command: whoever holds the state loads it first. */
export interface Touched {
  readonly accounts: Set<AccountId>;
  readonly transfers: Set<TransferId>;
  readonly claims: Set<ClaimId>;
  readonly tenants: Set<TenantId>;
  readonly schedules: Set<ScheduleId>;
  /** Whether it asks who signs, and what was signed last. */
  signing: boolean;
}

export const nothingTouched = (): Touched => ({
  accounts: new Set(),
  transfers: new Set(),
  claims: new Set(),
  tenants: new Set(),
  schedules: new Set(),
  signing: false,
});

export function addTouched(command: Command, touched: Touched): void {
  switch (command.kind) {
    case 'open_shard':
    case 'raise_writer_version':
      return;
    case 'add_signing_key':
    case 'sign_checkpoint':
      touched.signing = true;
      return;
    case 'create_tenant':
      touched.tenants.add(command.tenant);
      return;
    case 'open_account':
      touched.accounts.add(command.account);
      if (command.claim !== undefined) touched.claims.add(command.claim.id);
      if (command.referenceClaim !== undefined) touched.claims.add(command.referenceClaim.id);
      return;
    case 'change_account':
      touched.accounts.add(command.account);
      addOperation(command.operation, command, touched);
      return;
    case 'claim_key':
      touched.claims.add(command.claim.id);
      return;
    case 'post':
    case 'hold':
    case 'try':
      if (command.claim !== undefined) touched.claims.add(command.claim.id);
      addLegs(command, touched);
      return;
    case 'linked':
      for (const item of command.items) addTouched(item, touched);
      return;
    // The accounts of an earlier transfer are known once it is loaded: whoever loads it reads them from its legs.
    case 'capture':
      addOperation(command.transfer, command, touched);
      touched.transfers.add(command.hold);
      return;
    case 'void':
      addOperation(command.operation, command, touched);
      touched.transfers.add(command.hold);
      return;
    case 'expire':
      touched.transfers.add(command.hold);
      return;
    case 'reverse':
      addOperation(command.transfer, command, touched);
      touched.transfers.add(command.original);
      return;
    case 'pivot':
      addLegs(command, touched);
      return;
    case 'confirm':
    case 'cancel':
      touched.transfers.add(command.transfer);
      return;
    case 'approve':
    case 'decline':
      addOperation(command.operation, command, touched);
      touched.transfers.add(command.review);
      return;
    case 'expire_review':
      touched.transfers.add(command.review);
      return;
    case 'schedule':
      touched.schedules.add(command.schedule);
      addOperation(occurrenceIdOf(command.tenant, command.schedule, 1), command, touched);
      return;
    case 'fire':
      touched.schedules.add(command.schedule);
      addTouched(command.transfer, touched);
      return;
    case 'skip':
      touched.schedules.add(command.schedule);
      return;
    case 'unschedule':
      touched.schedules.add(command.schedule);
      addOperation(command.operation, command, touched);
  }
}

function addOperation(id: TransferId, { claim }: { readonly claim?: Claim }, touched: Touched): void {
  touched.transfers.add(id);
  if (claim !== undefined) touched.claims.add(claim.id);
}

function addLegs(command: Extract<Command, { legs: unknown }>, touched: Touched): void {
  touched.transfers.add(command.transfer);
  for (const leg of command.legs) {
    touched.accounts.add(leg.debit);
    touched.accounts.add(leg.credit);
  }
}
