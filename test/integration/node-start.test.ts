import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';
import { journalTopic } from '../../src/kafka/journal-topic.js';
import { PartitionReader } from '../../src/kafka/partition-reader.js';
import { testKafka } from '../support/journal.js';
import { createTestNodes, type TestNodes } from '../support/test-nodes.js';

let nodes: TestNodes;
beforeAll(async () => {
  nodes = await createTestNodes();
});
afterAll(() => nodes.close());

/** A node that should not get to run: how it ends, and what it says. */
async function ended(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(packageRoot(), 'bin', 'saldo.js'), 'node', ...args], {
    env: { ...nodes.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (data: Buffer) => {
    err += data.toString();
  });
  const [status] = await once(child, 'exit');
  // The sentence; the log around it is for programs.
  return { status, said: err.split('\n').filter((line) => line.startsWith('saldo: ')) };
}

describe('a node that can not start says why and ends', { timeout: 120_000 }, () => {
  it('where its port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const said = `saldo: 127.0.0.1:${port} is taken by another process: choose another port`;
    expect(await ended(['--port', String(port)])).toEqual({ status: 1, said: [said] });
    const metrics = { SALDO_METRICS: String(port) };
    expect(await ended(['--port', '0'], metrics)).toEqual({ status: 1, said: [said] });
    other.close();
  });

  it('where its tenant or its key is none', async () => {
    const tenant = await ended(['--port', '0'], { SALDO_TENANT: 'Acme' });
    expect(tenant).toMatchObject({ status: 1, said: [expect.stringContaining('SALDO_TENANT must be')] });
    const key = await ended(['--port', '0'], { SALDO_API_KEY: 'secret' });
    expect(key).toMatchObject({ status: 1, said: [expect.stringContaining('(SALDO_API_KEY) is sk_')] });
  });
});

describe('a journal that is not there', () => {
  it('is said to be missing, by the name of its topic', async () => {
    const reader = PartitionReader.open(testKafka().kafkaOptions, journalTopic('nobody'), 0);
    await expect(reader).rejects.toThrow(/^there is no topic nobody\.\S+ at 127\.0\.0\.1:/);
  });
});
