import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { TransferId } from '../../src/domain/ids.js';
import type { AccountView } from '../../src/routing/views.js';
import { ShardLock } from '../../src/storage/shard-lock.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { CZK } from '../support/compact-tenant.js';
import { operatorCli } from '../support/operator-cli.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { until } from '../support/until.js';

let cluster: SagaCluster;
let from: AccountView;
let to: AccountView;

beforeAll(async () => {
  cluster = await startSagaCluster(2);
  [from, to] = [await cluster.open('from', 0), await cluster.open('to', 1)];
});
afterAll(() => cluster.close());

const saga = operatorCli(() => cluster.shards, 'saga');

/** While a node, here one that does nothing, has the duty. */
async function pumped(shard: number, act: () => Promise<void>): Promise<void> {
  const url = cluster.shards.shardUrls[shard] ?? '';
  const held = (lost: AbortSignal): Promise<void> =>
    new Promise((resolve) => lost.addEventListener('abort', () => resolve(), { once: true }));
  const lock = new ShardLock(url, 'pump', shard, held, () => undefined);
  lock.start();
  await until('it is held', () => lock.held);
  await act();
  await lock.stop();
}

describe('saldo saga', { timeout: 240_000 }, () => {
  it('lists, shows and cancels, and refuses a cancel after the pivot', async () => {
    const undecided = (await cluster.move('one', from, to, 5n, 0)).id;
    const decided: TransferId = (await cluster.move('two', from, to, 7n, 0)).id;
    await cluster.ledger.steps.carryOut('pivot', {
      shard: 1,
      coordinator: 0,
      items: [{ transfer: decided }],
    });
    const listed = await saga('list', '--json');
    expect(listed).toMatchObject({ status: 0, err: '' });
    expect(JSON.parse(listed.out)).toMatchObject({
      transfers: [
        { transfer: undecided, state: 'undecided', needs_operator: false },
        { transfer: decided, state: 'posting' },
      ],
      pairs: [{ undecided: '5', in_transit: '7', difference: '-7', explained: '-7', reconciled: true }],
      unreachable_shards: [],
    });
    const text = (await saga('list')).out;
    expect(text).toMatch(new RegExp(`${undecided}  undecided  \\d+s  .*  0.05 CZK\\n`));
    expect(text).toContain('CZK  undecided 0.05, in transit 0.07  reconciled');
    const shown = await saga('show', decided);
    expect(shown.out).toContain('  0.07 CZK from ');
    expect(shown.out).toContain('shard 1 (pivot): posted');
    const refused = await saga('cancel', decided, '--as', 'jana');
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.out).toContain('it can only go forward');
    expect(await saga('cancel', undecided, '--as', 'jana')).toMatchObject({ status: 0 });
    expect((await saga('show', undecided)).out).toContain('canceling');
    const inVain = await saga('retry', undecided);
    expect(inVain).toMatchObject({ status: 2, out: expect.stringContaining('no node pumps shard 0 now') });
    await pumped(0, async () => {
      const woken = await saga('retry', undecided);
      expect(woken).toMatchObject({ status: 0, out: expect.stringContaining('woke the pump of shard 0') });
    });
  });

  it('leads from a transfer to its workflow, with the link into Temporal’s pages, and back', async () => {
    cluster.startWorker();
    cluster.startPumps();
    const [one, other] = await Promise.all(
      [1n, 2n].map((n) => cluster.move(`there and back ${n}`, from, to, n)),
    );
    const id = one?.id ?? '';
    let workflows: { id: string; run: string; status: string; link: string }[] = [];
    // What Temporal's visibility shows comes a moment after the workflow.
    await until('it is visible', async () => {
      workflows = JSON.parse((await saga('show', id, '--json')).out).workflows;
      return workflows[0]?.status === 'COMPLETED';
    });
    const [workflow] = workflows;
    expect(workflow?.id).toMatch(
      new RegExp(`^saga/${cluster.shards.name}/0-1/\\d+-\\d+/${cluster.version}$`),
    );
    expect(workflow?.link).toBe(
      `http://temporal.test/namespaces/default/workflows/${encodeURIComponent(workflow?.id ?? '')}/${workflow?.run}/history`,
    );
    const back = await saga('workflow', workflow?.id ?? '');
    expect(back).toMatchObject({ status: 0, err: '' });
    expect(back.out).toContain(`${id}  posted  acme`);
    // And from a tenant or a pair of shards, in Temporal itself.
    const client = new Client({
      connection: await Connection.connect({ address: inject('stack').temporalAddress }),
    });
    const query = `SaldoCluster = '${cluster.shards.name}' AND SaldoTenants = 'acme' AND SaldoShardPairs = '0-1'`;
    await until('the other is visible', async () => (await client.workflow.count(query)).count >= 1);
    await client.connection.close();
    expect((await saga('show', other?.id ?? '')).out).toContain(`workflow saga/${cluster.shards.name}/0-1/`);
    expect(await saga('workflow', 'saga/elsewhere/0-1/1-2/0a1b')).toMatchObject({ status: 2 });
    expect(await saga('workflow', 'nonsense')).toMatchObject({ status: 2 });
  });

  it('finds in a workflow also what had waited for a person', async () => {
    const { tenant, ledger } = cluster;
    const legs = [{ debit: from.id, credit: to.id, amount: 3n, asset: CZK }];
    const asked = { tenant, key: 'asked for', legs, review: true };
    const waiting = await ledger.intake.transfer(asked, TEST_ORIGIN, { waitMs: 0 });
    if (waiting.kind === 'refused') throw new Error(JSON.stringify(waiting));
    const { id } = waiting.transfer;
    const decision = { tenant, key: 'approve', review: id, decision: 'approve' } as const;
    await ledger.intake.decide(decision, TEST_ORIGIN);
    let workflow: { id: string } | undefined;
    await until('it is visible', async () => {
      [workflow] = JSON.parse((await saga('show', id, '--json')).out).workflows;
      return workflow !== undefined;
    });
    await until('it is posted', async () => (await saga('show', id)).out.startsWith(`${id}  posted`));
    const back = await saga('workflow', workflow?.id ?? '');
    expect(back).toMatchObject({ status: 0, err: '', out: expect.stringContaining(`${id}  posted  acme`) });
  });

  it('says what is wrong with an id, in a sentence', async () => {
    const unknown = await saga('show', `tr_${'0'.repeat(32)}`);
    expect(unknown).toMatchObject({ status: 2 });
    expect(unknown.err).toContain('no transfer across shards');
    const nonsense = await saga('show', 'nonsense');
    expect(nonsense).toMatchObject({ status: 2 });
    expect(nonsense.err).toContain('tr_ and 32 hexadecimal digits');
    expect(await saga('list', '--limit', 'x')).toMatchObject({ status: 2 });
  });
});
