import type pg from 'pg';
import { expect, it } from 'vitest';
import type { Asset } from '../../src/domain/asset.js';
import { accountIdOf, keyDigest, type TransferId, tenantId, transferIdOf } from '../../src/domain/ids.js';
import type { Plan, TransferDetails } from '../../src/domain/transfer.js';
import type { ComputedBatch } from '../../src/posting/compute-batch.js';
import { DEFAULT_CACHE_SIZES, ShardCache } from '../../src/posting/shard-cache.js';
import { readInDoubt } from '../../src/saga/in-doubt.js';
import { Intents } from '../../src/saga/intents.js';
import type { ShardPools } from '../../src/storage/shard-pools.js';

/*
 * What a node keeps of transfers across shards is bounded whatever they are: with 100 legs and the longest metadata each,
 * a hundred thousand that wait must not end it. Method: the copies alone, whose shard answers that it knows nothing.
 */
const TENANT = tenantId('acme');
const account = (name: string) => accountIdOf(0, keyDigest(TENANT, 'client', name));
const idOf = (n: number): TransferId => transferIdOf(0, keyDigest(TENANT, 'client', `${n}`));
const leg = {
  debit: account('payer'),
  credit: account('payee'),
  amount: 1n,
  asset: 'EUR/2' as Asset,
  debitShard: 0,
  creditShard: 1,
};
const legs = Array.from({ length: 100 }, () => leg);
const plan: Plan = { coordinator: 0, participants: [1], legs };

/** Of a commit in which this node took it in. */
function batchOf(transfer: TransferId, details: TransferDetails): ComputedBatch {
  const intent = { plan, deadline: '2026-01-01T00:00:00.000Z' };
  const event = { type: 'transfer.tried', tenant: TENANT, transfer, coordinator: 0, intent, legs, details };
  const command = { kind: 'try', tenant: TENANT, transfer, legs, coordinator: 0, intent, details };
  const answer = { kind: 'recorded', result: 'done', seq: 1, replayed: false, written: { event } };
  return {
    submissions: [{ command, origin: {}, dry: false }],
    answers: [answer],
  } as unknown as ComputedBatch;
}

it('intents: few of large ones, and of what the caller said only what steps take along', async () => {
  let asked = 0;
  const pools = {
    read: async () => {
      asked += 1;
      return [];
    },
  } as unknown as ShardPools;
  const intents = new Intents(pools);
  const effectiveAt = '2026-01-01T00:00:00Z';
  const metadata = { note: 'x'.repeat(4_096) };
  for (let n = 0; n < 5_000; n += 1)
    intents.committed(0, batchOf(idOf(n), n % 2 === 0 ? { metadata } : { effectiveAt, metadata }));
  const latest = await intents.of([idOf(4_998), idOf(4_999)], 0);
  expect([...latest.values()].map((one) => one.effectiveAt)).toEqual([undefined, effectiveAt]);
  for (const one of latest.values()) expect(one).not.toHaveProperty('details');
  expect(asked).toBe(0);
  // The first have gone, and are read again when they are needed, some at a time.
  expect(
    (
      await intents.of(
        Array.from({ length: 1_000 }, (_, n) => idOf(n)),
        0,
      )
    ).size,
  ).toBe(0);
  expect(asked).toBe(4);
});

it('a shard’s open transfers: by their legs', () => {
  const cache = new ShardCache(0, DEFAULT_CACHE_SIZES);
  const first = { step: 'try', result: 'done', seq: 1, legs } as const;
  for (let n = 0; n < 5_000; n += 1)
    cache.setTransfer({ id: idOf(n), tenant: TENANT, coordinates: true, first, plan });
  const kept = Array.from({ length: 5_000 }, (_, n) => cache.transfer(idOf(n))).filter(Boolean);
  expect(kept.length).toBeGreaterThan(1_000);
  expect(kept.length).toBeLessThan(2_100);
  expect(cache.transfer(idOf(4_999))).toBeDefined();
});

it('what is in doubt: the histories of a hundred at a time, however many wait', async () => {
  const open = Array.from({ length: 1_050 }, (_, n) => ({ transfer: idOf(n).slice(3) }));
  const asked: number[] = [];
  const query = async (statement: unknown) => {
    const { name = '', values = [] } = statement as { name?: string; values?: string[] };
    if (name === 'read-history') asked.push((values[0] ?? '').split(',').length);
    if (name === 'read-all-open-intents') return { rows: open };
    return { rows: typeof statement === 'string' && statement.includes('FROM head') ? [{ seq: '7' }] : [] };
  };
  const client = { query, on: () => client, off: () => client, release: () => undefined };
  const pool = { query, connect: async () => client } as unknown as pg.Pool;
  await readInDoubt(new Map([[0, pool]]));
  expect(Math.max(...asked)).toBe(100);
  expect(asked.reduce((sum, count) => sum + count, 0)).toBe(1_050);
});
