import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { TransferId } from '../../src/domain/ids.js';
import type { AccountView } from '../../src/routing/views.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';

let cluster: SagaCluster;
let from: AccountView;
let to: AccountView;

beforeAll(async () => {
  cluster = await startSagaCluster(2);
  [from, to] = [await cluster.open('from', 0), await cluster.open('to', 1)];
});
afterAll(() => cluster.close());

/** `saldo saga …` as an operator runs it. */
async function saga(...args: string[]): Promise<{ status: number | null; out: string; err: string }> {
  const { kafkaBrokers, temporalAddress } = inject('stack');
  const { name, shardUrls, controlUrl } = cluster.shards;
  const env = {
    ...process.env,
    SALDO_CLUSTER: name,
    SALDO_SHARD_URLS: shardUrls.join(','),
    SALDO_CONTROL_URL: controlUrl,
    SALDO_KAFKA_BROKERS: kafkaBrokers.join(','),
    SALDO_TEMPORAL_ADDRESS: temporalAddress,
  };
  const child = spawn(process.execPath, ['bin/saldo.js', 'saga', ...args], { env });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, out, err };
}

describe('saldo saga', () => {
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
    const shown = await saga('show', decided);
    expect(shown.out).toContain('shard 1 (pivot): posted');
    const refused = await saga('cancel', decided, '--as', 'jana');
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.out).toContain('it can only go forward');
    expect(await saga('cancel', undecided, '--as', 'jana')).toMatchObject({ status: 0 });
    expect((await saga('show', undecided)).out).toContain('canceling');
    expect(await saga('retry', undecided)).toMatchObject({ status: 0 });
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
