import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAsset } from '../../src/domain/asset.js';
import type { PostTransfer } from '../../src/domain/command.js';
import {
  type AccountId,
  accountIdOf,
  claimIdOf,
  keyDigest,
  type TenantId,
  transferIdOf,
} from '../../src/domain/ids.js';
import { homeBucketOf } from '../../src/routing/placement.js';
import { createTestShards, TEST_ORIGIN, type TestShards } from '../support/cluster.js';

let shards: TestShards;
let tenant: TenantId;
let shard: number;
const CZK =
  parseAsset('CZK') ??
  (() => {
    throw new Error('CZK');
  })();

beforeAll(async () => {
  shards = await createTestShards(1);
  tenant = await shards.tenant('acme', 'compact');
  shard = shards.facts.map.shardAt(homeBucketOf(tenant));
});
afterAll(() => shards.close());

describe('posting', () => {
  it('writes', async () => {
    const writer = shards.writer(shard);
    const bucket = homeBucketOf(tenant);
    const open = async (key: string): Promise<AccountId> => {
      const account = accountIdOf(bucket, keyDigest(tenant, 'client', key));
      const outcome = await writer.submit(
        {
          kind: 'open_account',
          tenant,
          account,
          asset: CZK,
          limits: { minBalance: null, maxBalance: null },
          metadata: {},
        },
        TEST_ORIGIN,
      );
      expect(outcome).toMatchObject({ kind: 'recorded', result: 'done' });
      return account;
    };
    const [a, b] = [await open('a'), await open('b')];
    const post = (key: string, amount: bigint): PostTransfer => {
      const digest = keyDigest(tenant, 'client', key);
      const transfer = transferIdOf(bucket, digest);
      const claim = {
        id: claimIdOf(bucket, digest),
        tenant,
        namespace: 'client' as const,
        key,
        subject: transfer,
        form: 1,
        request: 'ab'.repeat(16),
        fields: { legs: 'abcdef01' },
      };
      return { kind: 'post', tenant, transfer, legs: [{ debit: a, credit: b, amount, asset: CZK }], claim };
    };
    const t = performance.now();
    const outcomes = await Promise.all(
      Array.from({ length: 20_000 }, (_, i) => writer.submit(post(`k${i}`, 5n), TEST_ORIGIN)),
    );
    console.log((20000 / (performance.now() - t)) * 1000, '/s');
    expect(outcomes.every((o) => o.kind === 'recorded' && o.result === 'done' && !o.replayed)).toBe(true);
    const again = await writer.submit(post('k7', 5n), TEST_ORIGIN);
    expect(again).toMatchObject({
      replayed: true,
      seq: outcomes[7]?.kind === 'recorded' ? outcomes[7].seq : 0,
    });
    const { rows } = await shards.owner(shard).query('select count(*) from entries');
    expect(rows[0]).toEqual({ count: '40000' });
  });
});
