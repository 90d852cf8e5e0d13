import type pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { Pump, type PumpOptions } from '../../src/saga/pump.js';
import { parseSagaWorkflowId, sagaWorkflowId } from '../../src/saga/workflow-id.js';
import { WakeUp } from '../../src/storage/wake-up.js';
import type { TransferSagaInput, TransferSagaResult } from '../../workflows/contract.js';
import { until } from '../support/until.js';

/*
 * Which intents the pump puts into which workflow. Method: the open intents of a shard and the workflows are lists here, so
 * that each moment can be looked at; with real ones the same is in the tests of sagas and of faults.
 */
const seqOf = ({ id }: { readonly id: string }): number => Number(id.slice(3));

class Desk {
  readonly open: { seq: number; route: string }[] = [];
  readonly started: {
    readonly id: string;
    readonly input: TransferSagaInput;
    readonly end: (result?: Partial<TransferSagaResult>) => Promise<void>;
  }[] = [];
  private readonly wake = new WakeUp();
  readonly troubled = new Set<number>();
  /** How many intents were read from the shard. */
  read = 0;
  head = 0;

  constructor(options: Partial<Pick<PumpOptions, 'slowMs' | 'worthAnother' | 'onError'>> = {}) {
    const ranges = (routes: readonly string[], firsts: readonly number[], lasts: readonly number[]) =>
      routes.flatMap((of, index) => {
        const [first = 0, last = 0] = [firsts[index], lasts[index]];
        const isOpen = this.open.some(({ route, seq }) => route === of && seq >= first && seq <= last);
        return isOpen ? [{ index: String(index) }] : [];
      });
    const query = ({ name, values }: { name: string; values: unknown[] }) => {
      if (name === 'read-open-ranges')
        return Promise.resolve({ rows: ranges(...(values as [string[], number[], number[]])) });
      const [after, except, limit] = values as [number, string[], number];
      const found = this.open.filter(({ seq, route }) => seq > after && !except.includes(route));
      const row = { head: String(this.head), tenant: 'acme', deadline: '0' };
      const rows = found.slice(0, limit).map(({ seq, route }) => ({
        ...row,
        route,
        seq: String(seq),
        transfer: String(seq).padStart(32, '0'),
      }));
      this.read += rows.length;
      return Promise.resolve({ rows: rows.length > 0 ? rows : [{ ...row, seq: null }] });
    };
    const pump = new Pump({
      shard: 0,
      cluster: 'c',
      version: 'abc',
      pool: { query } as unknown as pg.Pool,
      barrier: { pass: () => Promise.resolve() },
      wake: this.wake,
      inTrouble: (shard) => this.troubled.has(shard),
      onError: (error) => {
        throw error;
      },
      startSaga: (id, input) =>
        new Promise((resolve) => {
          const end = async (result: Partial<TransferSagaResult> = {}): Promise<void> => {
            const { givenBack = [] } = result;
            const ended = input.batches.filter((_, index) => !givenBack.includes(index));
            const ids = new Set(ended.flatMap(({ transfers }) => transfers.map(seqOf)));
            this.open.splice(0, this.open.length, ...this.open.filter(({ seq }) => !ids.has(seq)));
            resolve({ posted: ids.size, canceled: 0, broken: 0, ...result });
            await this.settled();
          };
          this.started.push({ id, input, end });
        }),
      slowMs: 60_000,
      ...options,
    });
    const stop = new AbortController();
    const ran = pump.run(stop.signal);
    onTestFinished(async () => {
      stop.abort();
      this.wake.wake();
      await ran;
    });
  }

  async add(...intents: readonly (readonly [seq: number, route: string])[]): Promise<void> {
    this.open.push(...intents.map(([seq, route]) => ({ seq, route })));
    this.head = Math.max(this.head, ...intents.map(([seq]) => seq));
    this.wake.wake();
    await this.settled();
  }

  /** What a workflow carries: its transfers, by route. */
  carried(index: number): Record<string, string> {
    const batches = this.started[index]?.input.batches ?? [];
    return Object.fromEntries(
      batches.map(({ coordinator, participants, transfers }) => [
        [coordinator, ...participants].join('>'),
        transfers.map(seqOf).join(' '),
      ]),
    );
  }

  /** Some turns of the loop, which is all that the pump needs to have done what it will do. */
  private async settled(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

it('what waits while a workflow is under way shares the next one, whichever way it goes', async () => {
  const desk = new Desk();
  await desk.add([1, '0>1']);
  expect(desk.carried(0)).toEqual({ '0>1': '1' });
  await desk.add([2, '0>2'], [3, '0>1'], [4, '0>3>2'], [5, '0>2']);
  expect(desk.started).toHaveLength(1);
  await desk.started[0]?.end();
  expect(desk.carried(1)).toEqual({ '0>1': '3', '0>2': '2 5', '0>3>2': '4' });
  expect(parseSagaWorkflowId(desk.started[1]?.id ?? '')).toEqual({
    cluster: 'c',
    routes: [
      [0, 2],
      [0, 1],
      [0, 3, 2],
    ],
    first: 2,
    last: 5,
    version: 'abc',
  });
  await desk.started[1]?.end();
  expect(desk.open).toEqual([]);
});

it('another one starts at once where enough wait', async () => {
  const desk = new Desk({ worthAnother: 3 });
  await desk.add([1, '0>1']);
  await desk.add([2, '0>2'], [3, '0>1']);
  expect(desk.started).toHaveLength(1);
  await desk.add([4, '0>3']);
  expect(desk.carried(1)).toEqual({ '0>1': '3', '0>2': '2', '0>3': '4' });
});

it('a route that is given back goes apart until it has ended, and the others on together', async () => {
  const desk = new Desk();
  await desk.add([1, '0>1']);
  await desk.add([2, '0>1'], [3, '0>2']);
  await desk.started[0]?.end();
  expect(desk.carried(1)).toEqual({ '0>1': '2', '0>2': '3' });
  expect(desk.started[1]?.input.patienceMs).toBe(5_000);
  await desk.started[1]?.end({ givenBack: [1] });
  expect(desk.carried(2)).toEqual({ '0>2': '3' });
  // Alone it waits for as long as it takes.
  expect(desk.started[2]?.input.patienceMs).toBeUndefined();
  await desk.add([4, '0>1'], [5, '0>3'], [6, '0>2']);
  expect(desk.carried(3)).toEqual({ '0>1': '4', '0>3': '5' });
  expect(desk.started).toHaveLength(4);
  await desk.started[2]?.end();
  await desk.add([7, '0>2']);
  expect(desk.started).toHaveLength(4);
  await desk.started[3]?.end();
  expect(desk.carried(4)).toEqual({ '0>2': '6 7' });
});

it('what is slow keeps nobody waiting, and no route has more than two workflows', async () => {
  const desk = new Desk({ slowMs: 50 });
  await desk.add([1, '0>1']);
  await desk.add([2, '0>1'], [3, '0>2']);
  await until('it is slow', () => Promise.resolve(desk.started.length === 2));
  expect(desk.carried(1)).toEqual({ '0>1': '2', '0>2': '3' });
  await desk.add([4, '0>1'], [5, '0>2']);
  await until('that one is slow too', () => Promise.resolve(desk.started.length === 3));
  expect(desk.carried(2)).toEqual({ '0>2': '5' });
  await desk.started[0]?.end();
  await until('that one is slow too', () => Promise.resolve(desk.started.length === 4));
  expect(desk.carried(3)).toEqual({ '0>1': '4' });
});

it('a route through a shard in trouble goes apart, twice at most, while the others go on', async () => {
  const desk = new Desk({ slowMs: 50 });
  desk.troubled.add(2);
  await desk.add([1, '0>1'], [2, '0>2'], [3, '0>3>2'], [4, '0>3']);
  const ways = [0, 1, 2].map((index) => Object.keys(desk.carried(index)).join(' '));
  expect([...ways].sort()).toEqual(['0>1 0>3', '0>2', '0>3>2']);
  await desk.started[ways.indexOf('0>1 0>3')]?.end();
  await until('another one waits for it', async () => {
    await desk.add([desk.head + 1, '0>2']);
    return desk.started.length === 4;
  });
  expect(Object.keys(desk.carried(3))).toEqual(['0>2']);
  await desk.add([desk.head + 1, '0>2'], [desk.head + 2, '0>1']);
  expect(desk.carried(4)).toEqual({ '0>1': `${desk.head}` });
  expect(desk.started).toHaveLength(5);
});

it('a route where thousands wait keeps no other from its turn, however old they are', async () => {
  const desk = new Desk();
  const old = Array.from({ length: 5_000 }, (_, n) => [n + 1, '0>1'] as const);
  await desk.add(...old);
  await desk.add([5_001, '0>2']);
  await desk.started[0]?.end();
  const later = desk.started.slice(1).map((_, index) => desk.carried(index + 1));
  expect(later.some((carried) => carried['0>2'] === '5001')).toBe(true);
});

it('what waits behind a shard that does not answer stays there, and keeps nobody from being read', async () => {
  const desk = new Desk();
  desk.troubled.add(2);
  // Through it on twenty routes, each with more than two workflows carry.
  const routes = Array.from({ length: 20 }, (_, n) => (n === 0 ? '0>2' : `0>${n + 2}>2`));
  const old = routes.flatMap((route, n) =>
    Array.from({ length: 2_500 }, (_, m) => [m * 20 + n + 1, route] as const),
  );
  await desk.add(...old.sort(([a], [b]) => a - b));
  await until('all that may go have gone', () => Promise.resolve(desk.started.length === 40));
  await desk.add([50_001, '0>1'], [50_002, '0>3']);
  expect(desk.carried(40)).toEqual({ '0>1': '50001', '0>3': '50002' });
  desk.read = 0;
  await desk.add([50_003, '0>1']);
  // All is read again.
  await desk.started[40]?.end({ givenBack: [1] });
  const later = [41, 42].map((index) => desk.carried(index));
  expect(later).toContainEqual({ '0>3': '50002' });
  expect(later).toContainEqual({ '0>1': '50003' });
  expect(desk.read).toBeLessThan(10);
  // When the shard is back, what waited goes on, in its order.
  const dead = desk.started.filter(({ id }) => id.includes('/0-2/'));
  const carried = dead.flatMap(({ input }) => input.batches[0]?.transfers.map(seqOf) ?? []);
  await dead[0]?.end();
  const next = desk.started.at(-1)?.input.batches[0]?.transfers.map(seqOf) ?? [];
  expect(next.length).toBeGreaterThan(0);
  const waited = old.filter(([seq, route]) => route === '0>2' && !carried.includes(seq)).map(([seq]) => seq);
  expect(next).toEqual(waited.slice(0, next.length));
});

it('a shard that is slow keeps no other route waiting for a workflow that they share', async () => {
  const desk = new Desk({ slowMs: 50 });
  await desk.add([1, '0>1'], [2, '0>2']);
  expect(desk.started).toHaveLength(1);
  await desk.add([3, '0>1'], [4, '0>2']);
  await until('it is slow', () => Promise.resolve(desk.started.length === 2));
  expect(desk.carried(1)).toEqual({ '0>1': '3', '0>2': '4' });
  await desk.add([5, '0>1'], [6, '0>2']);
  // Both are asked for again and again, since no more than two may carry them.
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(desk.started).toHaveLength(2);
  for (const done of [1, 3])
    desk.open.splice(
      desk.open.findIndex(({ seq }) => seq === done),
      1,
    );
  await until('those of shard 1 have ended', () => Promise.resolve(desk.started.length === 3));
  expect(desk.carried(2)).toEqual({ '0>1': '5' });
  await desk.started[0]?.end();
  await until('the first has ended', () => Promise.resolve(desk.started.length === 4));
  expect(desk.carried(3)).toEqual({ '0>2': '6' });
});

it('a transfer that breaks is left alone for a while, and keeps no other waiting for that', async () => {
  const errors: unknown[] = [];
  const desk = new Desk({ onError: (error) => errors.push(error) });
  await desk.add([1, '0>1'], [2, '0>2']);
  await desk.add([3, '0>1'], [4, '0>2']);
  const broken = desk.open.slice(0, 1);
  await desk.started[0]?.end({ broken: 1 });
  desk.open.unshift(...broken);
  expect(errors).toHaveLength(1);
  expect(desk.carried(1)).toEqual({ '0>1': '3', '0>2': '4' });
  await desk.started[1]?.end();
  await until('it is taken up again', () => Promise.resolve(desk.started.length === 3));
  expect(desk.carried(2)).toEqual({ '0>1': '1' });
});

it('while the coordinator itself is in trouble its routes stay together', async () => {
  const desk = new Desk();
  desk.troubled.add(0);
  await desk.add([1, '0>1'], [2, '0>2']);
  expect(desk.carried(0)).toEqual({ '0>1': '1', '0>2': '2' });
});

it('so many routes that their names are too long for one go in several', async () => {
  const desk = new Desk({ worthAnother: 1 });
  const routes = Array.from({ length: 100 }, (_, n) => `0>${n + 1}`);
  await desk.add(...routes.map((route, n) => [n + 1, route] as const));
  const carried = desk.started.flatMap((_, index) => Object.keys(desk.carried(index)));
  expect(carried.sort()).toEqual(routes.sort());
  // Of the longest name that a cluster may have, at the highest sequences.
  const [cluster, first, version] = ['c'.repeat(32), Number.MAX_SAFE_INTEGER, '0123456789ab'];
  for (const { input } of desk.started) {
    const ways = input.batches.map(({ coordinator, participants }) =>
      [coordinator, ...participants].join('>'),
    );
    const id = sagaWorkflowId(cluster, { routes: ways, first, last: first }, version);
    expect(id.length).toBeLessThanOrEqual(255);
  }
});

it('a route that is too long by itself has a workflow of its own', () => {
  const route = Array.from({ length: 100 }, (_, n) => n + 1_000).join('>');
  const id = sagaWorkflowId('c', { routes: [route], first: 1, last: 2 }, 'abc');
  expect(parseSagaWorkflowId(id)?.routes).toEqual([route.split('>').map(Number)]);
  expect(id.length).toBeLessThan(1_000);
});
