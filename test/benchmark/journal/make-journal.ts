import type { Asset } from '../../../src/domain/asset.js';
import type { Claim } from '../../../src/domain/claim.js';
import type { Command } from '../../../src/domain/command.js';
import { decide } from '../../../src/domain/decide.js';
import { evolve } from '../../../src/domain/evolve.js';
import {
  type AccountId,
  accountIdOf,
  claimIdOf,
  keyDigest,
  type TransferId,
  tenantId,
  transferIdOf,
} from '../../../src/domain/ids.js';
import { MemoryState } from '../../../src/domain/state.js';
import { legsAt, type Plan } from '../../../src/domain/transfer.js';
import { encodeEvent } from '../../../src/journal/encode.js';
import { GENESIS_HASH } from '../../../src/journal/envelope.js';
import { hashOf } from '../../../src/journal/hash.js';
import type { Signer } from '../../../src/journal/signing-key.js';
import { JournalSigner } from './journal-signer.js';

export interface MadeJournal {
  readonly cluster: string;
  readonly shards: number;
  /** Transfers and other operations over all shards; an operation is one to three events. */
  readonly operations: number;
  /** Accounts of each shard. */
  readonly accounts: number;
  /** Who signs it; without, nobody does. */
  readonly signer?: Signer;
}

const DEADLINE = '2027-01-01T00:00:00.000Z';
const TENANT = tenantId('bench');
const EUR = 'EUR/2' as Asset;
const START = Date.parse('2026-01-01T00:00:00.000Z');
const CHUNK = 2_000;
/** Of a hundred operations, when the shards are several: so many between two of them; of all: so many holds with their captures, and so many reversals. */
const ACROSS = 4;
const HOLDS = 3;
const REVERSALS = 1;

/**
 * The journal of one shard as the ledger's own kernel writes it, the same at each call: posted transfers with claims, some
 * holds with captures, reversals, and sagas. Each shard carries out its part of one list of operations.
 */
export function* journalOf(made: MadeJournal, shard: number): Generator<readonly string[]> {
  const { cluster, shards, operations, accounts, signer } = made;
  const signing = signer === undefined ? undefined : new JournalSigner(signer, { cluster, shard });
  const state = new MemoryState(shard);
  let seq = 0;
  let prev = GENESIS_HASH;
  let texts: string[] = [];
  const put = (command: Command, operation: number): void => {
    const { events } = decide(state, command, seq + 1);
    if (events.length === 0) throw new Error(`nothing came of ${command.kind} ${operation}`);
    for (const event of events) {
      seq += 1;
      evolve(state, event, seq);
      const time = timeOf(operation);
      const origin = { actor: 'key:bench', cause: `req_${keyDigest(TENANT, 'system', String(operation))}` };
      const text = encodeEvent(event, origin, { cluster, shard, seq, time, prev });
      prev = hashOf(text);
      signing?.saw(prev);
      texts.push(text);
    }
  };
  const buckets = [[shard * 8, shard * 8 + 7]] as const;
  put({ kind: 'open_shard', cluster, buckets }, 0);
  if (signing !== undefined) put(signing.addKey(), 0);
  put({ kind: 'create_tenant', tenant: TENANT, placement: 'spread' }, 0);
  const limits = { minBalance: null, maxBalance: null };
  for (let n = 0; n < accounts; n += 1)
    put(
      {
        kind: 'open_account',
        tenant: TENANT,
        account: accountAt(shard, n),
        asset: EUR,
        limits,
        metadata: {},
      },
      0,
    );
  const random = randomFrom(7);
  for (let n = 0; n < operations; n += 1) {
    const [kind, from, to, amount] = [
      random(100),
      random(accounts),
      random(accounts),
      BigInt(1 + random(99_999)),
    ];
    const home = n % shards;
    const peer = (home + 1) % shards;
    const across = shards > 1 && kind < ACROSS;
    if (shard !== home && !(across && shard === peer)) continue;
    const [debit, credit] = [
      accountAt(home, from),
      accountAt(across ? peer : home, to === from ? (to + 1) % accounts : to),
    ];
    const { transfer, claim } = idsOf(n, home);
    const legs = [{ debit, credit, amount, asset: EUR }];
    const asked = { tenant: TENANT, transfer, legs, claim };
    if (across) {
      const plan: Plan = {
        coordinator: home,
        participants: [peer],
        legs: legs.map((leg) => ({ ...leg, debitShard: home, creditShard: peer })),
      };
      const part = { tenant: TENANT, transfer, legs: legsAt(plan, shard, TENANT), coordinator: home };
      if (shard === home) {
        put({ kind: 'try', ...part, intent: { plan, deadline: DEADLINE }, claim }, n);
        put({ kind: 'confirm', tenant: TENANT, transfer }, n);
      } else put({ kind: 'pivot', ...part }, n);
    } else if (kind < ACROSS + HOLDS) {
      put({ kind: 'hold', ...asked }, n);
      const capture = idsOf(n + operations, home);
      put(
        { kind: 'capture', tenant: TENANT, hold: transfer, final: true, deadline: DEADLINE, ...capture },
        n,
      );
      forget(state, capture.transfer, capture.claim);
    } else {
      put({ kind: 'post', ...asked }, n);
      if (kind < ACROSS + HOLDS + REVERSALS) {
        const back = idsOf(n + operations, home);
        put({ kind: 'reverse', tenant: TENANT, original: transfer, deadline: DEADLINE, ...back }, n);
        forget(state, back.transfer, back.claim);
      }
    }
    forget(state, transfer, claim);
    if (signing?.due === true) put(signing.sign(state, prev, seq, timeOf(n)), n);
    if (texts.length >= CHUNK) {
      yield texts;
      texts = [];
    }
  }
  yield texts;
}

const timeOf = (operation: number): string => new Date(START + Math.floor(operation / 20)).toISOString();

const accountAt = (shard: number, n: number): AccountId =>
  accountIdOf(shard * 8 + (n % 8), keyDigest(TENANT, 'client', `account ${shard} ${n}`));

function idsOf(n: number, shard: number): { transfer: TransferId; claim: Claim } {
  const digest = keyDigest(TENANT, 'client', `order-${n}`);
  const transfer = transferIdOf(shard * 8, digest);
  const fields = { legs: digest.slice(0, 8), operation: digest.slice(8, 16) };
  const [id, request] = [claimIdOf(shard * 8, digest), digest];
  const claim = {
    id,
    tenant: TENANT,
    namespace: 'client',
    key: `order-${n}`,
    subject: transfer,
    form: 1,
    request,
    fields,
  } as const;
  return { transfer, claim };
}

/** What has ended is of no more concern: else a long journal would not fit into memory. */
function forget(state: MemoryState, transfer: TransferId, claim: Claim): void {
  state.transfers.delete(transfer);
  state.claims.delete(claim.id);
}

/** mulberry32: small, and the same everywhere. */
function randomFrom(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
