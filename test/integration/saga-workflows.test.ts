import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { TerminatedFailure } from '@temporalio/common';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { TransferId } from '../../src/domain/ids.js';
import type { AccountView, TransferView } from '../../src/routing/views.js';
import { sagaTaskQueue, type TransferSagaInput } from '../../workflows/contract.js';
import { checkBooks } from '../support/check-books.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { until } from '../support/until.js';

/*
 * P6, P9: what is done to a workflow itself, in a real Temporal: two on one transfer, cancelled, terminated, kept waiting.
 * Method: a shard is held up by locking its head, so that a workflow is surely between two of its steps.
 */
const LATER = '2100-01-01T00:00:00.000Z';
const EARLIER = '2020-01-01T00:00:00.000Z';
let cluster: SagaCluster;
let client: Client;
let from: AccountView;
let to: AccountView;
/** Takes nothing in: what is meant for it is refused at the pivot. */
let full: AccountView;

beforeAll(async () => {
  cluster = await startSagaCluster(2);
  [from, to] = [await cluster.open('from', 0), await cluster.open('to', 1)];
  full = await cluster.open('full', 1, { maxBalance: 0n });
  cluster.startWorker();
  const connection = await Connection.connect({ address: inject('stack').temporalAddress });
  client = new Client({ connection });
});
afterAll(async () => {
  await checkBooks(cluster.shards.owner(0));
  await checkBooks(cluster.shards.owner(1));
  await client.connection.close();
  await cluster.close();
});

const inputOf = (transfers: readonly TransferView[], deadline: string): TransferSagaInput => ({
  batches: [{ coordinator: 0, participants: [1], transfers: transfers.map(({ id }) => ({ id, deadline })) }],
});
const statusOf = async (id: TransferId): Promise<string | undefined> =>
  (await cluster.ledger.reader.transfer(cluster.tenant, id))?.status;
const intake = (name: string, count: number, payee = to): Promise<TransferView[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => cluster.move(`${name} ${n}`, from, payee, 1n, 0)));
const credited = async (): Promise<bigint> =>
  (await cluster.ledger.reader.account(cluster.tenant, to.id))?.counters.creditsPosted ?? 0n;
/** Joins the worker when it has connected. */
const carry = async (id: string, input: TransferSagaInput) => {
  const start = () => cluster.startSaga(`${cluster.shards.name}/${id}`, input);
  await until('the worker is there', () =>
    start().then(
      () => true,
      () => false,
    ),
  );
  return start();
};

/** Holds the head of a shard while something is done, from when a writer waits for it. */
async function whileHeld(shard: number, begin: () => void, work: () => Promise<void>): Promise<void> {
  const owner = cluster.shards.owner(shard);
  const holder: pg.PoolClient = await owner.connect();
  try {
    await holder.query('BEGIN; SELECT * FROM head FOR UPDATE');
    begin();
    await until('a writer waits for the head', async () => {
      const { rows } = await owner.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    });
    await work();
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
}

describe('P6: two workflows on one transfer, one going on and one canceling', () => {
  it('at the same moment: each transfer ends once, as its pivot’s shard decided, and both workflows say so', async () => {
    const before = await credited();
    const open = await intake('both', 24);
    // Each with its own pair of workflows; half of the pairs begin with the one, half with the other.
    const pairs = open.map(async (one, n) => {
      const ways = [
        ['going', LATER],
        ['canceling', EARLIER],
      ] as const;
      const order = n % 2 === 0 ? ways : [...ways].reverse();
      const ends = order.map(([way, deadline]) => carry(`${way} ${n}`, inputOf([one], deadline)));
      const [first, second] = await Promise.all(ends);
      expect(first).toEqual(second);
      expect(first).toMatchObject({ broken: 0 });
      return first;
    });
    const posted = (await Promise.all(pairs)).reduce((sum, end) => sum + (end?.posted ?? 0), 0);
    const statuses = await Promise.all(open.map(({ id }) => statusOf(id)));
    expect(statuses.filter((status) => status === 'posted')).toHaveLength(posted);
    expect(statuses.filter((status) => status === 'canceled')).toHaveLength(open.length - posted);
    expect(await credited()).toBe(before + BigInt(posted));
  });

  it.each([
    ['going on', LATER, EARLIER, 'posted'],
    ['canceling', EARLIER, LATER, 'canceled'],
  ])('the one that is %s having come first stands', async (way, first, second, status) => {
    const [open] = await intake(way, 1);
    if (open === undefined) throw new Error('not taken in');
    const end = await carry(`${way} first`, inputOf([open], first));
    expect(await carry(`${way} second`, inputOf([open], second))).toEqual(end);
    expect(await statusOf(open.id)).toBe(status);
  });
});

describe('P6, P9: a workflow that somebody acts on in Temporal, between two steps', () => {
  /** A workflow that waits for the shard, and what it has come to when it is let go. */
  const held = async (
    shard: number,
    input: TransferSagaInput,
    act: (handle: WorkflowHandle) => Promise<unknown>,
  ): Promise<unknown> => {
    const id = `held ${input.batches[0]?.transfers[0]?.id}`;
    let ended: Promise<unknown> = Promise.resolve();
    const begin = (): void => {
      ended = cluster.startSaga(id, input).catch((error: unknown) => error);
    };
    await whileHeld(shard, begin, async () => {
      await act(client.workflow.getHandle(id));
    });
    return ended;
  };

  it('canceled before its pivot: it goes on to the end', async () => {
    const open = await intake('cancel', 3);
    expect(await held(1, inputOf(open, LATER), (handle) => handle.cancel())).toMatchObject({ posted: 3 });
  });

  it('canceled in the middle of a compensation: that goes on to the end too', async () => {
    const open = await intake('compensate', 3, full);
    const end = await held(0, inputOf(open, LATER), (handle) => handle.cancel());
    expect(end).toMatchObject({ posted: 0, canceled: 3, broken: 0 });
    expect(await Promise.all(open.map(({ id }) => statusOf(id)))).toEqual(Array(3).fill('rejected'));
  });

  it('that a step keeps waiting continues as new, before its history grows, and ends', async () => {
    const open = await intake('patience', 2);
    const input = { ...inputOf(open, LATER), patienceMs: 200 };
    const runs = new Set<string>();
    const end = await held(1, input, (handle) =>
      until('it has continued as new', async () => {
        runs.add((await handle.describe()).runId);
        return runs.size > 1;
      }),
    );
    expect(end).toMatchObject({ posted: 2 });
    // So that each run ends, even if no worker of its version is ever there again.
    for (const run of runs) {
      const { events } = await client.workflow.getHandle(`held ${open[0]?.id}`, run).fetchHistory();
      const started = events?.[0]?.workflowExecutionStartedEventAttributes;
      expect(Number(started?.workflowRunTimeout?.seconds)).toBe(3_600);
    }
  });

  it('terminated: the pump starts what it leaves open again', async () => {
    const own = await startSagaCluster(2);
    const [payer, payee] = [await own.open('payer', 0), await own.open('payee', 1)];
    const failures: Error[] = [];
    expect(await own.move('terminated', payer, payee, 7n, 0)).toMatchObject({ status: 'processing' });
    const holder = await own.shards.owner(1).connect();
    await holder.query('BEGIN; SELECT * FROM head FOR UPDATE');
    own.startWorker();
    own.startPumps((error) => failures.push(error as Error));
    const query = `TaskQueue = '${sagaTaskQueue(own.shards.name, own.version)}' AND ExecutionStatus = 'Running'`;
    let handle: WorkflowHandle | undefined;
    await until('its workflow runs', async () => {
      for await (const { workflowId } of client.workflow.list({ query })) {
        handle = client.workflow.getHandle(workflowId);
      }
      return handle !== undefined;
    });
    await handle?.terminate('a test');
    await until('the pump has heard', () => failures.some(({ cause }) => cause instanceof TerminatedFailure));
    await holder.query('ROLLBACK');
    holder.release();
    expect(await own.move('terminated', payer, payee, 7n)).toMatchObject({ status: 'posted' });
    expect((await own.ledger.reader.account(own.tenant, payee.id))?.counters.creditsPosted).toBe(7n);
    await checkBooks(own.shards.owner(0));
    await own.close();
  });
});

describe('a full batch', () => {
  it('of which every transfer is refused, with its reason, stays far below what Temporal takes', async () => {
    const open = await intake('refused', 500, full);
    const id = `full ${cluster.shards.name}`;
    const end = await cluster.startSaga(id, inputOf(open, LATER));
    expect(end).toEqual({ posted: 0, canceled: 500, broken: 0 });
    const { events } = await client.workflow.getHandle(id).fetchHistory();
    const sizes = (events ?? []).map((event) => JSON.stringify(event).length);
    // An event is refused from 2 MB, warned of from 512 kB; a history from 50,000 events.
    expect(Math.max(...sizes)).toBeLessThan(512 * 1_024);
    expect(sizes.length).toBeLessThan(40);
  });
});
