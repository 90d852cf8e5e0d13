import type { Command } from '../domain/command.js';
import type { AccountId, ClaimId, TransferId } from '../domain/ids.js';
import type { LedgerView } from '../domain/state.js';
import { addTouched, nothingTouched } from '../domain/touches.js';
import type { TransferState } from '../domain/transfer.js';
import { decodeEvent } from '../journal/decode.js';
import type { Queryable } from '../storage/queryable.js';
import { readAccounts } from '../storage/statements/read-accounts.js';
import { readClaims } from '../storage/statements/read-claims.js';
import { readTenants } from '../storage/statements/read-identity.js';
import { readSteps, type StepRecord } from '../storage/statements/read-steps.js';
import type { BatchState } from './batch-state.js';

/**
 * Fills a batch's state with everything its commands touch: from the layers (uncommitted batches, newest first, then the
 * cache), else from the shard. What was read may already be newer than the head the batch is computed from; then the
 * compare-and-swap fails, because whoever wrote it moved the head.
 */
export async function load(
  db: Queryable,
  state: BatchState,
  commands: readonly Command[],
  layers: readonly LedgerView[],
): Promise<void> {
  const identity = first(layers, (layer) => layer.identity());
  if (identity !== undefined) state.setIdentity(identity);
  const touched = nothingTouched();
  for (const command of commands) addTouched(command, touched);

  const tenants = missing(touched.tenants, (id) => {
    const tenant = first(layers, (layer) => layer.tenant(id));
    if (tenant !== undefined) state.setTenant(id, tenant);
    return tenant !== undefined;
  });
  const claims = missing(touched.claims, (id) => {
    const claim = first(layers, (layer) => layer.claim(id));
    if (claim !== undefined) state.setClaim(claim);
    return claim !== undefined;
  });
  const accountsFound = (ids: Iterable<AccountId>) =>
    missing(ids, (id) => {
      const account = state.account(id) ?? first(layers, (layer) => layer.account(id));
      if (account !== undefined) state.setAccount(account);
      return account !== undefined;
    });
  const transfersFound = (ids: Iterable<TransferId>) =>
    missing(ids, (id) => {
      const transfer = first(layers, (layer) => layer.transfer(id));
      if (transfer !== undefined) state.setTransfer(transfer);
      return transfer !== undefined;
    });

  // A transfer whose key is claimed by this very command and not yet in the shard can not be in the shard either:
  // its id is a function of the key, and the claim is committed with or before any effect.
  const claimed = claimedWith(commands);
  const transfers = transfersFound(touched.transfers);
  const settledByClaim = transfers.filter((id) => claimed.has(id));
  const accounts = accountsFound(touched.accounts);
  const [keptClaims] = await Promise.all([
    claims.length > 0 ? readClaims(db, claims) : [],
    accounts.length > 0
      ? readAccounts(db, accounts).then((rows) => {
          for (const row of rows) state.setAccount(row);
        })
      : undefined,
    tenants.length > 0
      ? readTenants(db, tenants).then((rows) => {
          for (const row of rows) state.setTenant(row.id, row);
        })
      : undefined,
    loadTransfers(
      db,
      state,
      transfers.filter((id) => !claimed.has(id)),
    ),
  ]);
  for (const claim of keptClaims) state.setClaim(claim);
  await loadTransfers(
    db,
    state,
    settledByClaim.filter((id) => isClaimed(state, claimed.get(id))),
  );

  // Confirm and cancel move what the try set aside: its accounts are known only now.
  const settled = new Set<AccountId>();
  for (const id of touched.transfers) {
    for (const leg of state.transfer(id)?.first?.legs ?? []) settled.add(leg.debit).add(leg.credit);
  }
  const rest = accountsFound(settled);
  if (rest.length > 0) for (const account of await readAccounts(db, rest)) state.setAccount(account);
}

function claimedWith(commands: readonly Command[]): Map<TransferId, ClaimId> {
  const claimed = new Map<TransferId, ClaimId>();
  for (const command of commands) {
    if ((command.kind === 'post' || command.kind === 'try') && command.claim !== undefined) {
      claimed.set(command.transfer, command.claim.id);
    }
  }
  return claimed;
}

const isClaimed = (state: BatchState, id: ClaimId | undefined): boolean =>
  id !== undefined && state.claim(id) !== undefined;

async function loadTransfers(db: Queryable, state: BatchState, ids: readonly TransferId[]): Promise<void> {
  if (ids.length === 0) return;
  const byTransfer = new Map<TransferId, StepRecord[]>();
  for (const step of await readSteps(db, ids)) {
    const steps = byTransfer.get(step.transfer) ?? [];
    byTransfer.set(step.transfer, [...steps, step]);
  }
  for (const steps of byTransfer.values()) {
    const transfer = transferStateOf(steps);
    if (transfer !== undefined) state.setTransfer(transfer);
  }
}

/** A transfer's state in one shard, folded from its recorded steps in order of their sequence. */
export function transferStateOf(steps: readonly StepRecord[]): TransferState | undefined {
  let state: TransferState | undefined;
  for (const { transfer: id, tenant, step, result, coordinates, seq, body } of steps) {
    const { event } = decodeEvent(body);
    const before: TransferState = state ?? { id, tenant, coordinates };
    if (step === 'post' || step === 'try' || step === 'pivot') {
      const legs = 'legs' in event ? event.legs : [];
      const rejection = event.type === 'transfer.rejected' ? { rejection: event.rejection } : {};
      state = { ...before, coordinates, first: { step, result, seq, legs, ...rejection } };
    } else {
      const reason = event.type === 'transfer.canceled' ? { reason: event.reason } : {};
      state = { ...before, last: { step, result, seq, ...reason } };
    }
  }
  return state;
}

const first = <T>(
  layers: readonly LedgerView[],
  look: (layer: LedgerView) => T | undefined,
): T | undefined => {
  for (const layer of layers) {
    const found = look(layer);
    if (found !== undefined) return found;
  }
  return undefined;
};

const missing = <T>(ids: Iterable<T>, found: (id: T) => boolean): T[] => [...ids].filter((id) => !found(id));
