import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../src/demo/api-client.js';
import type { NodeProcess } from '../../src/demo/node-process.js';
import { parseAsset } from '../../src/domain/asset.js';
import {
  type AccountId,
  bucketOf,
  keyDigest,
  occurrenceIdOf,
  type ScheduleId,
  scheduleIdOf,
  tenantId,
} from '../../src/domain/ids.js';
import type { Missed } from '../../src/domain/schedule.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { createTestNodes, type TestAccount, type TestNodes } from '../support/test-nodes.js';
import { until } from '../support/until.js';

/** Schedules on real nodes that die at the worst moments: each occurrence is carried out once. */
interface Shown {
  readonly status: string;
  readonly settled: number;
  readonly occurrences: readonly Readonly<Record<string, unknown>>[];
}

const tenant = tenantId('acme');
const EUR = parseAsset('EUR');
const SLOW_MS = 240_000;
let nodes: TestNodes;
let node: NodeProcess;
let other: NodeProcess;
let client: ApiClient;
/** Who pays, and whom in each test: all on shard 0 but the last. */
let payer: TestAccount;
let local: TestAccount;
let skipped: TestAccount;
let shared: TestAccount;
let far: TestAccount;

beforeAll(async () => {
  nodes = await createTestNodes();
  node = nodes.node();
  other = nodes.node();
  await node.start();
  await other.start();
  client = nodes.client(node, other);
  payer = await nodes.open(client, 'payer', 0);
  local = await nodes.open(client, 'local', 0);
  skipped = await nodes.open(client, 'skipped', 0);
  shared = await nodes.open(client, 'shared', 0);
  far = await nodes.open(client, 'far', 1);
  await node.stop();
  await other.stop();
}, SLOW_MS);
afterEach(async () => {
  await Promise.all([node.stop(), other.stop()]);
});
afterAll(() => nodes.close());

const balanceOf = async ({ id }: TestAccount): Promise<number> =>
  Number((await client.get<TestAccount>(0, `/v1/accounts/${id}`)).balance);
const shown = (id: string): Promise<Shown> => client.get<Shown>(0, `/v1/schedules/${id}`);
const oneEuro = (to: TestAccount) => ({
  debit: payer.id,
  credit: to.id,
  amount: '1.00',
  asset: 'EUR',
});
async function auditIsClean(): Promise<void> {
  expect(await nodes.audit()).toMatchObject({ clean: true, divergences: [], inDoubt: [] });
}

/** A schedule of a euro a minute whose occurrences are all past: as it is found after a long outage. */
async function overdue(name: string, to: TestAccount, missed: Missed, count: number): Promise<ScheduleId> {
  if (EUR === undefined) throw new Error('EUR is no asset');
  const [debit, credit] = [payer.id as AccountId, to.id as AccountId];
  const startsAt = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000).toISOString();
  const schedule = scheduleIdOf(bucketOf(debit), keyDigest(tenant, 'client', name));
  const command = {
    kind: 'schedule',
    tenant,
    schedule,
    terms: { legs: [{ debit, credit, amount: 100n, asset: EUR }] },
    rule: { rrule: `FREQ=MINUTELY;COUNT=${count}`, timeZone: 'UTC', startsAt },
    missed,
    next: startsAt,
  } as const;
  const answer = await nodes.shards.router().submit(payer.shard, command, TEST_ORIGIN);
  expect(answer).toMatchObject({ result: 'done' });
  return schedule;
}

/** The node dies at each of the points in turn, and then goes on. */
async function dieAt(...points: readonly string[]): Promise<void> {
  for (const point of points) {
    // It may die before it says that it is ready.
    await node.start({ SALDO_FAULTS: point }).catch(() => undefined);
    expect(await node.ended(), point).toBe('SIGKILL');
  }
  await node.start();
}

describe('P4, P5, P9: a node that is killed', () => {
  it(
    'as it makes schedules makes each once, and calls each off once',
    async () => {
      const make = (name: string) =>
        client.post(
          0,
          '/v1/schedules',
          {
            rrule: 'FREQ=MONTHLY',
            time_zone: 'Europe/Prague',
            starts_at: '2040-01-31T08:00:00Z',
            transfer: oneEuro(shared),
          },
          name,
        );
      const names = ['one', 'two', 'three', 'four', 'five', 'six'];
      await node.start({ SALDO_FAULTS: 'before-schedule' });
      const making = Promise.all(names.map(make));
      expect(await node.ended()).toBe('SIGKILL');
      await dieAt('after-schedule');
      const made = await making;
      expect(made.map(({ status }) => status)).toEqual(names.map(() => 201));
      expect(await Promise.all(names.map(make))).toEqual(made);
      const list = async (): Promise<readonly { readonly id: string }[]> =>
        (await client.get<{ data: { id: string }[] }>(0, '/v1/schedules?status=active')).data;
      const ids = made.map(({ body }) => JSON.parse(body).id as string);
      expect((await list()).map(({ id }) => id)).toEqual([...ids].sort());

      await node.stop();
      await node.start({ SALDO_FAULTS: 'before-unschedule' });
      const cancel = (id: string) => client.post(0, `/v1/schedules/${id}/cancel`, {}, `cancel ${id}`);
      const canceling = Promise.all(ids.map(cancel));
      expect(await node.ended()).toBe('SIGKILL');
      await dieAt('after-unschedule');
      const canceled = await canceling;
      expect(canceled.map(({ status }) => status)).toEqual(ids.map(() => 200));
      expect(await Promise.all(ids.map(cancel))).toEqual(canceled);
      expect(await list()).toEqual([]);
      await auditIsClean();
    },
    SLOW_MS,
  );

  it.each(['on one shard', 'across shards'])(
    'as it makes up for a long outage %s carries out each occurrence once, in order',
    async (where) => {
      const to = where === 'on one shard' ? local : far;
      const count = 12;
      const schedule = await overdue(where, to, 'fire', count);
      await dieAt('before-fire:3', 'after-fire:4');
      let found = await shown(schedule);
      await until(
        'all have ended',
        async () => {
          found = await shown(schedule);
          return found.status === 'ended' && found.occurrences.every(({ status }) => status === 'posted');
        },
        120_000,
      );
      const numbers = Array.from({ length: count }, (_, i) => count - i);
      expect(found.occurrences.map(({ number }) => number)).toEqual(numbers);
      expect(found.occurrences.map(({ transfer }) => transfer)).toEqual(
        numbers.map((number) => occurrenceIdOf(tenant, schedule, number)),
      );
      expect(await balanceOf(to)).toBe(count);
      await auditIsClean();
    },
    SLOW_MS,
  );

  it(
    'as it passes over what was missed passes over it once, and moves nothing',
    async () => {
      const schedule = await overdue('skipped', skipped, 'skip', 30);
      await dieAt('before-skip', 'after-skip');
      await until('it has ended', async () => (await shown(schedule)).status === 'ended', 60_000);
      const { settled, occurrences } = await shown(schedule);
      expect([settled, occurrences]).toMatchObject([30, [{ first: 1, last: 30 }]]);
      expect(await balanceOf(skipped)).toBe(0);
      await auditIsClean();
    },
    SLOW_MS,
  );

  it(
    'while another runs leaves it the rest: of transfers in advance, and of an outage’s',
    async () => {
      await node.start({ SALDO_FAULTS: 'after-fire:3' });
      await other.start();
      const at = new Date(Date.now() + 15_000).toISOString();
      const ask = (name: string) =>
        client.post(1, '/v1/transfers', { ...oneEuro(shared), scheduled_at: at }, name);
      const names = ['first', 'second', 'third', 'fourth', 'fifth'];
      // The client asks until the answer is definite: until the transfers have ended.
      const asking = Promise.all(names.map(ask));
      const schedule = await overdue('two nodes', shared, 'fire', 7);
      expect(await node.ended()).toBe('SIGKILL');
      const answers = await asking;
      expect(answers.map(({ status, body }) => [status, JSON.parse(body).status])).toEqual(
        names.map(() => [201, 'posted']),
      );
      await until('all have ended', async () => (await shown(schedule)).status === 'ended', 60_000);
      expect(await balanceOf(shared)).toBe(names.length + 7);
      expect(await Promise.all(names.map(ask))).toEqual(answers);
      expect(await balanceOf(shared)).toBe(names.length + 7);
      await auditIsClean();
    },
    SLOW_MS,
  );
});
