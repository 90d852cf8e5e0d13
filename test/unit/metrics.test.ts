import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readNodeConfig } from '../../src/config/node-config.js';
import { packageRoot } from '../../src/config/package-root.js';
import { measureNode } from '../../src/main/measure-node.js';
import { NodeMetrics } from '../../src/telemetry/metrics.js';
import { type MetricsServer, serveMetrics } from '../../src/telemetry/metrics-server.js';

/** docs/operations.md and docs/alerts.yaml speak of the metrics there are, and of all of them. */
const docs = (file: string): string => readFileSync(join(packageRoot(), 'docs', file), 'utf8');
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string };
}
const rules = (parse(docs('alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);

/** Every metric a node with all roles has; nothing is asked for, so its parts need not be there. */
async function names(): Promise<string[]> {
  const metrics = new NodeMetrics();
  const node = { ledger: { facts: { map: { shards: [] } } }, relays: [{}], pumps: true, search: {} };
  measureNode(metrics, node as unknown as Parameters<typeof measureNode>[1]);
  const found = metrics.registry.getMetricsAsArray().map(({ name }) => name);
  return found.filter((name) => name.startsWith('saldo_'));
}

let server: MetricsServer | undefined;
afterEach(() => server?.close());

it('each metric is explained, and none that is not there', async () => {
  const table = docs('operations.md').split('## The metrics')[1]?.split('## What to draw')[0] ?? '';
  const explained = [...table.matchAll(/`(saldo_[a-z_]+)`/g)].map(([, name]) => name);
  expect(explained.sort()).toEqual((await names()).sort());
});

const usedIn = (query: string): string[] =>
  [...query.matchAll(/saldo_[a-z_]+/g)].map(([name]) => name.replace(/_(bucket|count|sum)$/, ''));

it('what is drawn is of metrics that are there', async () => {
  const known = await names();
  const panels = docs('operations.md').split('## What to draw')[1]?.split('## Alerts')[0] ?? '';
  const used = usedIn(panels);
  expect(used.length).toBeGreaterThan(9);
  for (const name of used) expect(known).toContain(name);
});

it('each alert is of metrics that are there, and has its line of what to do', async () => {
  const known = await names();
  const table = docs('operations.md').split('## Alerts')[1] ?? '';
  expect([...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, alert]) => alert)).toEqual(
    rules.map(({ alert }) => alert),
  );
  for (const { expr, annotations } of rules) {
    const used = usedIn(expr);
    expect(used.length, expr).toBeGreaterThan(0);
    for (const name of used) expect(known, expr).toContain(name);
    expect(annotations.summary).toMatch(/\.$/);
  }
});

it('are served at an address of their own, and nothing else is', async () => {
  const metrics = new NodeMetrics();
  server = await serveMetrics(metrics, '127.0.0.1', 0);
  metrics.committed(1, { commands: 3, events: 4, seconds: 0.01 });
  metrics.gauge('saldo_one', 'One.', () => 7);
  metrics.shardGauge('saldo_each', 'Each.', [0, 1], async (shard) => (shard === 0 ? undefined : 5));
  const text = await (await fetch(server.url)).text();
  expect(text).toContain('saldo_events_committed_total{shard="1"} 4');
  expect(text).toContain('saldo_batch_commands_sum{shard="1"} 3');
  expect(text).toContain('saldo_one 7');
  // A shard that tells nothing has no value.
  expect(text).toContain('saldo_each{shard="1"} 5');
  expect(text).not.toContain('saldo_each{shard="0"}');
  expect((await fetch(server.url.replace('/metrics', '/'))).status).toBe(404);
  expect((await fetch(server.url, { method: 'POST' })).status).toBe(404);
});

it.each([
  [undefined, { kind: 'off' }],
  ['off', { kind: 'off' }],
  ['api', { kind: 'api' }],
  ['9464', { kind: 'own', host: '127.0.0.1', port: 9_464 }],
  ['0', { kind: 'own', host: '127.0.0.1', port: 0 }],
  ['10.0.0.5:9464', { kind: 'own', host: '10.0.0.5', port: 9_464 }],
  ['[::1]:9464', { kind: 'own', host: '::1', port: 9_464 }],
])('SALDO_METRICS=%s', (value, expected) => {
  expect(readNodeConfig({ SALDO_METRICS: value }).metrics).toEqual(expected);
});

it.each(['on', '70000', '1.2.3.4', '-1', ':80', '80:'])('SALDO_METRICS=%s is refused by name', (value) => {
  expect(() => readNodeConfig({ SALDO_METRICS: value })).toThrow(/SALDO_METRICS/);
});
