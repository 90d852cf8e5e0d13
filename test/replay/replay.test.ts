import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';
import { readWorkflowBundle } from '../../src/main/workflow-bundle.js';
import { sagaWorkflowId } from '../../src/saga/workflow-id.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { CZK } from '../support/compact-tenant.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';

/*
 * A workflow that an earlier release began must go on under this one (docs/sagas.md, "Deploys"). Method: this code
 * replays histories that a real server recorded: those kept in `histories`, by release, and ones recorded just now.
 * A new release's are kept by copying what this test writes to dist/histories.
 */
const { History } = temporal.api.history.v1;
const RECORDED = join(packageRoot(), 'dist', 'histories');
const KEPT = join(packageRoot(), 'test', 'replay', 'histories');
let cluster: SagaCluster;

beforeAll(async () => {
  cluster = await startSagaCluster(3);
  cluster.startWorker();
  cluster.startPumps();
});
afterAll(() => cluster.close());

const replay = (history: unknown, id: string): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle: { code: readWorkflowBundle().code } }, history, id);

describe('deploys', () => {
  const kept = readdirSync(KEPT).filter((name) => name.endsWith('.binpb'));

  it('there are histories to replay', () => {
    expect(kept.length).toBeGreaterThan(0);
  });

  it.each(kept)('this release goes on with %s', async (name) => {
    await replay(History.decode(readFileSync(join(KEPT, name))), name);
  });

  it.each(kept)('and a workflow that asks for other steps than %s is found out', async (name) => {
    const bytes = readFileSync(join(KEPT, name)).toString('latin1');
    const other = bytes.replaceAll('pivotStep', 'otherStep');
    expect(other).not.toBe(bytes);
    await expect(replay(History.decode(Buffer.from(other, 'latin1')), name)).rejects.toThrow();
  });

  it('records what this release does: posted, canceled, and with a shard between', async () => {
    const [a, b, c] = await Promise.all([0, 1, 2].map((shard) => cluster.open(`on ${shard}`, shard)));
    const full = await cluster.open('full', 1, { maxBalance: 1n });
    if (a === undefined || b === undefined || c === undefined) throw new Error('not opened');
    const { tenant, ledger } = cluster;
    const ways = {
      posted: [{ debit: a.id, credit: b.id, amount: 5n, asset: CZK }],
      canceled: [{ debit: a.id, credit: full.id, amount: 5n, asset: CZK }],
      'three-shards': [
        { debit: a.id, credit: b.id, amount: 5n, asset: CZK },
        { debit: b.id, credit: c.id, amount: 5n, asset: CZK },
      ],
    };
    const client = new Client({
      connection: await Connection.connect({ address: inject('stack').temporalAddress }),
    });
    mkdirSync(RECORDED, { recursive: true });
    for (const [name, legs] of Object.entries(ways)) {
      const answer = await ledger.intake.transfer({ tenant, key: name, legs }, TEST_ORIGIN, {
        waitMs: 30_000,
      });
      if (answer.kind !== 'ended') throw new Error(JSON.stringify(answer));
      const { rows } = await cluster.shards
        .owner(0)
        .query<{ seq: string }>('SELECT seq FROM steps WHERE id = $1 AND step = 2', [
          answer.transfer.id.slice(3),
        ]);
      const seq = rows[0]?.seq;
      const range = {
        routes: [name === 'three-shards' ? '0>1>2' : '0>1'],
        first: Number(seq),
        last: Number(seq),
      };
      const handle = client.workflow.getHandle(sagaWorkflowId(cluster.shards.name, range, cluster.version));
      await handle.result();
      const history = await handle.fetchHistory();
      writeFileSync(join(RECORDED, `transfer-saga-${name}.binpb`), History.encode(history).finish());
      await replay(history, handle.workflowId);
    }
    await client.connection.close();
  });

  it('and of several routes in one workflow', async () => {
    const [a, b, c] = await Promise.all([0, 1, 2].map((shard) => cluster.open(`several on ${shard}`, shard)));
    if (a === undefined || b === undefined || c === undefined) throw new Error('not opened');
    const batches = await Promise.all(
      [b, c].map(async (to, n) => {
        const { id } = await cluster.move(`several ${n}`, a, to, 1n, 0);
        return {
          coordinator: 0,
          participants: [n + 1],
          transfers: [{ id, deadline: '2100-01-01T00:00:00.000Z' }],
        };
      }),
    );
    // Whatever the pump had done of them before, the workflow asks for it again.
    const id = `several ${cluster.shards.name}`;
    expect(await cluster.startSaga(id, { batches })).toEqual({ posted: 2, canceled: 0, broken: 0 });
    const connection = await Connection.connect({ address: inject('stack').temporalAddress });
    const history = await new Client({ connection }).workflow.getHandle(id).fetchHistory();
    writeFileSync(join(RECORDED, 'transfer-saga-two-routes.binpb'), History.encode(history).finish());
    await replay(history, id);
    await connection.close();
  });
});
