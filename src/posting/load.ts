import type { Command } from '../domain/command.js';
import type { LedgerEvent } from '../domain/event.js';
import { evolve } from '../domain/evolve.js';
import type { AccountId, ClaimId, TransferId } from '../domain/ids.js';
import { type LedgerView, MemoryState } from '../domain/state.js';
import { addTouched, nothingTouched } from '../domain/touches.js';
import { legsAt } from '../domain/transfer.js';
import { decodeEvent, UnknownEventError } from '../journal/decode.js';
import type { Queryable } from '../storage/queryable.js';
import { readAccounts } from '../storage/statements/read-accounts.js';
import { readHistory } from '../storage/statements/read-history.js';
import { readTenants } from '../storage/statements/read-identity.js';
import { readSchedules } from '../storage/statements/read-schedules.js';
import { readSigning } from '../storage/statements/read-signing.js';
import type { BatchState } from './batch-state.js';
import { UncomputableError } from './failure.js';

const BEGINNINGS: ReadonlySet<Command['kind']> = new Set(['post', 'hold', 'try', 'pivot']);

/**
 * Fills a batch's state with everything its commands touch: from the layers (uncommitted batches, newest first, then the
 * cache), else from the shard. What was read may already be newer than the head the batch is computed from; then the
 * compare-and-swap fails, because whoever wrote it moved the head. `ask`: where false, a key that no layer has, or a
 * transfer that is to begin, is taken to be new, and the state keeps that it was not asked for.
 */
export async function load(
  db: Queryable,
  state: BatchState,
  commands: readonly Command[],
  layers: readonly LedgerView[],
  { ask }: { readonly ask: boolean },
): Promise<void> {
  const identity = first(layers, (layer) => layer.identity());
  if (identity !== undefined) state.setIdentity(identity);
  const touched = nothingTouched();
  const begins: Command[] = [];
  for (const command of commands) {
    if (BEGINNINGS.has(command.kind)) begins.push(command);
    else addTouched(command, touched);
  }
  // What is done to a transfer needs what it is; one that is only to begin has nearly never begun before.
  const doneTo = new Set(touched.transfers);
  for (const command of begins) addTouched(command, touched);

  const signing = touched.signing ? first(layers, (layer) => layer.signing()) : undefined;
  if (signing !== undefined) state.setSigning(signing);
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
  if (!ask) for (const id of claims.splice(0)) state.unasked.add(id);
  const schedules = missing(touched.schedules, (id) => {
    const schedule = first(layers, (layer) => layer.schedule(id));
    if (schedule !== undefined) state.setSchedule(schedule);
    return schedule !== undefined;
  });
  const accountsFound = (ids: Iterable<AccountId>) =>
    missing(ids, (id) => {
      if (state.account(id) !== undefined) return true;
      const account = first(layers, (layer) => layer.account(id));
      if (account !== undefined) state.setAccount(account);
      return account !== undefined;
    });
  const transfersFound = (ids: Iterable<TransferId>) =>
    missing(ids, (id) => {
      const transfer = first(layers, (layer) => layer.transfer(id));
      if (transfer !== undefined) state.setTransfer(transfer);
      return transfer !== undefined;
    });
  const transfers = transfersFound(touched.transfers);

  // A transfer whose key is claimed by this very command and not yet in the shard can not be in the shard either:
  // its id is a function of the key, and the claim is committed with or before any effect.
  const claimed = claimedWith(commands);
  const begun = transfers.filter((id) => !claimed.has(id));
  const asked = ask ? begun : begun.filter((id) => doneTo.has(id));
  if (asked.length < begun.length) for (const id of begun) if (!doneTo.has(id)) state.unasked.add(id);
  const accounts = accountsFound(touched.accounts);
  await Promise.all([
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
    schedules.length > 0
      ? readSchedules(db, schedules).then((rows) => {
          for (const row of rows) state.setSchedule(row);
        })
      : undefined,
    touched.signing && signing === undefined
      ? readSigning(db).then((found) => state.setSigning(found))
      : undefined,
    loadHistory(db, state, asked, claims),
  ]);
  const claimedBefore = transfers.filter((id) => {
    const claim = claimed.get(id);
    return claim !== undefined && state.claim(claim) !== undefined && state.transfer(id) === undefined;
  });
  await loadHistory(db, state, claimedBefore, []);

  // The end of a capture or a reversal across shards changes the earlier transfer too: which, its own state tells.
  const earlier = commands.flatMap((command) => {
    if (command.kind !== 'confirm' && command.kind !== 'cancel') return [];
    const { of, kind } = state.transfer(command.transfer)?.follows ?? {};
    // What a release frees has left its hold before.
    return of === undefined || kind === 'release' || touched.transfers.has(of) ? [] : [of];
  });
  for (const id of earlier) touched.transfers.add(id);
  await loadHistory(db, state, transfersFound(new Set(earlier)), []);

  // What is done to an earlier transfer touches its accounts: they are known only now.
  const settled = new Set<AccountId>();
  for (const id of touched.transfers) {
    const { first, plan, tenant } = state.transfer(id) ?? {};
    for (const leg of first?.legs ?? []) settled.add(leg.debit).add(leg.credit);
    // Captures of a hold with debits elsewhere also bring what comes from there.
    if (plan?.holds !== true || tenant === undefined) continue;
    for (const leg of legsAt(plan, state.shard, tenant)) settled.add(leg.debit).add(leg.credit);
  }
  const rest = accountsFound(settled);
  if (rest.length > 0) for (const account of await readAccounts(db, rest)) state.setAccount(account);
}

function claimedWith(commands: readonly Command[]): Map<TransferId, ClaimId> {
  const claimed = new Map<TransferId, ClaimId>();
  for (const command of commands) {
    if (command.kind === 'linked')
      for (const [id, claim] of claimedWith(command.items)) claimed.set(id, claim);
    else if ('claim' in command && command.claim !== undefined && 'transfer' in command) {
      claimed.set(command.transfer, command.claim.id);
    }
  }
  return claimed;
}

/** What the shard's events say of transfers and claims: folded as they were carried out, accounts left aside. */
async function loadHistory(
  db: Queryable,
  state: BatchState,
  transfers: readonly TransferId[],
  claims: readonly ClaimId[],
): Promise<void> {
  if (transfers.length + claims.length === 0) return;
  const history = await readHistory(db, transfers, claims);
  if (history.length === 0) return;
  const folded = new MemoryState(state.shard);
  for (const { body, seq } of history) evolve(folded, decoded(body, seq), seq);
  for (const id of transfers) {
    const transfer = folded.transfers.get(id);
    if (transfer !== undefined) state.setTransfer(transfer);
  }
  for (const id of claims) {
    const claim = folded.claims.get(id);
    if (claim !== undefined) state.setClaim(claim);
  }
}

function decoded(body: string, seq: number): LedgerEvent {
  try {
    return decodeEvent(body).event;
  } catch (error) {
    if (error instanceof UnknownEventError) throw error;
    throw new UncomputableError(`event ${seq} can not be read: ${error}`, { cause: error });
  }
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
