import { Client, Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { installTemporalRuntime } from '../../src/main/temporal-link.js';
import { readWorkflowBundle, workflowBundleOf } from '../../src/main/workflow-bundle.js';
import { sagaTaskQueue } from '../../workflows/contract.js';
import { checkBooks } from '../support/check-books.js';
import { workflowsMutant } from '../support/mutant.js';
import { otherRelease } from '../support/other-release.js';
import { createTestNodes, type TestAccount, type TestNodes } from '../support/test-nodes.js';
import { until } from '../support/until.js';

/*
 * P6, P9: a release with other workflow code comes while transfers are under way, the one before it goes, comes back,
 * and the new one goes. Method: real nodes of both, the earlier one a copy of the package whose workflows cancel before
 * they confirm, so that neither can go on with what the other began. A shard is held up by locking its head, so that
 * workflows are surely between two steps when their node is killed.
 */
const { EVENT_TYPE_WORKFLOW_TASK_FAILED } = temporal.api.enums.v1.EventType;
const WAVE = 24;
const own = readWorkflowBundle();
let nodes: TestNodes;
let earlier: { readonly version: string; readonly root: string; dispose(): void };
let temporalClient: Client;

beforeAll(async () => {
  installTemporalRuntime(pino({ level: 'error' }));
  const code = await workflowsMutant({
    bug: 'cancels before it confirms',
    file: 'saga-protocol.ts',
    find: '    await this.confirm();\n    await this.cancel();',
    replace: '    await this.cancel();\n    await this.confirm();',
  });
  earlier = { version: workflowBundleOf(code).version, ...otherRelease(code) };
  nodes = await createTestNodes();
  const connection = await Connection.connect({ address: inject('stack').temporalAddress });
  temporalClient = new Client({ connection });
});
afterAll(async () => {
  await temporalClient.connection.close();
  await nodes.close();
  earlier.dispose();
});

const ofVersion = (version: string): string => `TaskQueue = '${sagaTaskQueue(nodes.shards.name, version)}'`;
const running = async (version: string): Promise<number> =>
  (await temporalClient.workflow.count(`${ofVersion(version)} AND ExecutionStatus = 'Running'`)).count;

async function historiesOf(
  version: string,
): Promise<{ id: string; history: temporal.api.history.v1.IHistory }[]> {
  const found: { id: string; history: temporal.api.history.v1.IHistory }[] = [];
  for await (const { workflowId: id, runId } of temporalClient.workflow.list({ query: ofVersion(version) })) {
    found.push({ id, history: await temporalClient.workflow.getHandle(id, runId).fetchHistory() });
  }
  return found;
}

/** Keeps everybody from writing the shard until `work` is done. */
async function whileHeld(shard: number, work: () => Promise<void>): Promise<void> {
  const holder = await nodes.shards.owner(shard).connect();
  try {
    await holder.query('BEGIN; SELECT * FROM head FOR UPDATE');
    await work();
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
}

describe('P6, P9: two releases side by side', () => {
  it('one comes, the other is killed, comes back, and the first goes: every transfer ends, none by code that did not begin it', async () => {
    const [old, next] = [nodes.nodeOf(earlier.root), nodes.node()];
    await old.start();
    const setUp = nodes.client(old);
    const payer = await nodes.open(setUp, 'payer', 0);
    const payee = await nodes.open(setUp, 'payee', 1);
    const full = await nodes.open(setUp, 'full', 1, { max_balance: '0.00' });
    await next.start();
    const client = nodes.client(old, next);
    const waves: Promise<void>[] = [];
    /** Transfers of which the pivot refuses every third, asked of both nodes until the answer is definite. */
    const wave = (): void => {
      const name = `wave ${waves.length}`;
      const ends = Array.from({ length: WAVE }, async (_, n) => {
        const body = {
          debit: payer.id,
          credit: (n % 3 === 0 ? full : payee).id,
          amount: '1.00',
          asset: 'EUR',
        };
        const { status } = await client.post(n % 2, '/v1/transfers', body, `${name} ${n}`);
        expect(status, `${name} ${n}`).toBe(n % 3 === 0 ? 422 : 201);
      });
      waves.push(Promise.all(ends).then(() => undefined));
    };
    wave();
    await Promise.all(waves);
    await whileHeld(1, async () => {
      wave();
      await until(
        'workflows of the earlier release wait',
        async () => (await running(earlier.version)) > 0,
        60_000,
      );
      await old.kill();
      await until('the next one has begun them again', async () => (await running(own.version)) > 0, 60_000);
      wave();
    });
    await Promise.all(waves);
    expect(await running(earlier.version)).toBeGreaterThan(0);
    await old.start();
    wave();
    await until('each goes on with its own', async () => (await running(earlier.version)) === 0, 60_000);
    const stopped = next.stop();
    wave();
    await stopped;
    wave();
    await Promise.all(waves);
    await until('nothing is left running', async () => (await running(own.version)) === 0, 60_000);

    const [before, after] = [await historiesOf(earlier.version), await historiesOf(own.version)];
    expect(after.length).toBeGreaterThan(0);
    const failed = [...before, ...after].flatMap(({ id, history }) =>
      (history.events ?? [])
        .filter((event) => event.eventType === EVENT_TYPE_WORKFLOW_TASK_FAILED)
        .map(() => id),
    );
    expect(failed).toEqual([]);
    const { code } = own;
    const goneOn = before.map(({ id, history }) =>
      Worker.runReplayHistory({ workflowBundle: { code } }, history, id),
    );
    const strange = (await Promise.allSettled(goneOn)).filter(({ status }) => status === 'rejected');
    // No test that can not fail: of what the earlier one began, there was something that this one could not go on with.
    expect(strange.length).toBeGreaterThan(0);

    const balance = async ({ id }: TestAccount): Promise<number> =>
      Number((await setUp.get<TestAccount>(0, `/v1/accounts/${id}`)).balance);
    expect(await balance(payee)).toBe((waves.length * WAVE * 2) / 3);
    expect(await balance(full)).toBe(0);
    for (const shard of [0, 1]) await checkBooks(nodes.shards.owner(shard));
    const report = await nodes.audit();
    expect(report).toMatchObject({
      clean: true,
      divergences: [],
      inDoubt: [],
      sagasEnded: waves.length * WAVE,
    });
  }, 180_000);
});

describe('the version of workflow code', () => {
  const MAP = '\n//# sourceMappingURL=';

  it('is the same wherever it was built', () => {
    const [text, ...map] = own.code.split(MAP);
    expect(map).toHaveLength(1);
    expect(workflowBundleOf(`${text}${MAP}elsewhere`).version).toBe(own.version);
  });

  it('is another one for code that asks for its steps in another order', () => {
    expect(earlier.version).not.toBe(own.version);
  });
});

it('P9: a node that pumps carries what it starts, whatever workers there are', async () => {
  const alone = await createTestNodes();
  const node = alone.node('--roles', 'api,pump');
  await node.start();
  const client = alone.client(node);
  const [a, b] = [await alone.open(client, 'a', 0), await alone.open(client, 'b', 1)];
  const body = { debit: a.id, credit: b.id, amount: '1.00', asset: 'EUR' };
  expect(await client.post(0, '/v1/transfers', body, 'alone')).toMatchObject({ status: 201 });
  await alone.close();
});
