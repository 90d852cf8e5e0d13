import type pg from 'pg';
import { expect, it } from 'vitest';
import { Scheduler } from '../../src/saga/scheduler.js';
import { until } from '../support/until.js';

/* P9: what is due is carried out in its time, whatever becomes of others. Method: a shard that says what is due, and no ledger. */
const row = (n: number) => ({
  id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  tenant: 'acme',
  settled: 0,
  due: new Date(0),
  body: '',
  now: new Date(1),
});
/** The shard's answer: those that are due, without some, at most so many. */
const shardOf = (due: ReadonlyMap<string, ReturnType<typeof row>>): pg.Pool => {
  const query = async ({ values: [limit, except] }: { values: [number, string] }) => {
    const without = new Set(except.slice(1, -1).split(','));
    const found = [...due].filter(([schedule]) => !without.has(schedule.slice('sch_'.length)));
    return { rows: found.slice(0, limit).map(([, one]) => one) };
  };
  return { query } as unknown as pg.Pool;
};
const idOf = (n: number): string => `sch_${row(n).id.replaceAll('-', '')}`;

it('an occurrence that waits for a shard that does not answer keeps no other from its time, and is asked for once', async () => {
  const due = new Map([1, 2].map((n) => [idOf(n), row(n)]));
  const pool = shardOf(due);
  const asked: string[] = [];
  let answer: (() => void) | undefined;
  const silent = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const carryOut = async ({ schedule }: { schedule: string }): Promise<boolean> => {
    asked.push(schedule);
    if (schedule === idOf(1)) await silent;
    return due.delete(schedule);
  };
  const errors: unknown[] = [];
  const scheduler = new Scheduler({ pool, carryOut, onError: (error) => errors.push(error) });
  const stop = new AbortController();
  let over = false;
  const running = scheduler.run(stop.signal).finally(() => {
    over = true;
  });
  await until('the first two were asked for', async () => asked.length === 2);
  due.set(idOf(3), row(3));
  await until('another is carried out', async () => !due.has(idOf(3)));
  expect(asked).toEqual([1, 2, 3].map(idOf));
  // What is under way when the lock is lost is waited for.
  stop.abort();
  await new Promise((resolve) => setImmediate(resolve));
  expect(over).toBe(false);
  answer?.();
  await running;
  expect(due.size).toBe(0);
  expect(errors).toEqual([]);
});

it('thousands that can not be carried out, all due before it, keep no other from its turn', async () => {
  const due = new Map(Array.from({ length: 6_001 }, (_, n) => [idOf(n), row(n)]));
  const scheduler = new Scheduler({
    pool: shardOf(due),
    carryOut: async ({ schedule }) => {
      if (schedule !== idOf(6_000)) throw new Error('a shard does not answer');
      return due.delete(schedule);
    },
    onError: () => undefined,
  });
  const stop = new AbortController();
  const running = scheduler.run(stop.signal);
  await until('it has had its turn', () => !due.has(idOf(6_000)), 60_000);
  stop.abort();
  await running;
});
