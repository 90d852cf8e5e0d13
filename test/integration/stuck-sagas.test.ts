import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { installTemporalRuntime, TemporalLink } from '../../src/main/temporal-link.js';
import { type PackedActivities, packAnswers, unpackRequest } from '../../workflows/packed-steps.js';
import { until } from '../support/until.js';

/*
 * P6, P9: a dead shard holds up only what touches it, by however many routes. Method: a node's own worker over a ledger that is
 * not there: one shard answers no step until it is told to, and far more sagas wait for it than a busy node has others.
 */
const STUCK = 60;
const DEAD = 9;
/** Not asked at all: as by a node that must not write it any more. */
const REFUSING = 8;
const LATER = '2100-01-01T00:00:00.000Z';
const logger = pino({ level: 'error' });
const waiting = new Set<string>();
let back: (() => void) | undefined;
let link: TemporalLink;

beforeAll(() => {
  installTemporalRuntime(logger);
  const isBack = new Promise<void>((resolve) => {
    back = resolve;
  });
  const step: PackedActivities['tryStep'] = async (request) => {
    const { shard, items } = unpackRequest(request);
    if (shard === REFUSING) throw new Error('this shard is not written here');
    if (shard === DEAD) {
      waiting.add(request.transfers);
      await isBack;
    }
    return packAnswers(items.map(({ transfer }) => ({ transfer, result: 'done', event: `${shard}-1` })));
  };
  const activities = { tryStep: step, pivotStep: step, confirmStep: step, cancelStep: step };
  const address = inject('stack').temporalAddress;
  link = new TemporalLink({ address, namespace: 'default', cluster: randomUUID(), logger, activities });
  link.start();
});
afterAll(async () => {
  back?.();
  await link.stop();
});

const carry = (transfer: string, pivot: number) =>
  link.startSaga(`stuck/${randomUUID()}`, {
    batches: [{ coordinator: 0, participants: [pivot], transfers: [{ id: transfer, deadline: LATER }] }],
  });

it('sagas that wait for a dead shard keep no other from ending, and end when it is back', async () => {
  await until('the worker is there', () =>
    carry('first', 1).then(
      () => true,
      () => false,
    ),
  );
  const stuck = Array.from({ length: STUCK }, (_, n) => carry(`stuck ${n}`, DEAD));
  await until('all of them wait', async () => waiting.size === STUCK, 30_000);
  for (let n = 0; n < 5; n += 1) expect(await carry(`live ${n}`, 1)).toMatchObject({ posted: 1 });
  back?.();
  for (const end of await Promise.all(stuck)) expect(end).toMatchObject({ posted: 1, broken: 0 });
});

it('a batch whose steps fail at once is given back too, and keeps no other of its workflow waiting', async () => {
  const batchOf = (pivot: number, id: string) => ({
    coordinator: 0,
    participants: [pivot],
    transfers: [{ id, deadline: LATER }],
  });
  const batches = [batchOf(REFUSING, 'refused'), batchOf(1, 'beside')];
  const began = performance.now();
  const end = await link.startSaga(`stuck/${randomUUID()}`, { batches, patienceMs: 5_000 });
  expect(end).toEqual({ posted: 1, canceled: 0, broken: 0, givenBack: [0] });
  // Else it would be ended by the run's timeout, an hour later.
  expect(performance.now() - began).toBeLessThan(60_000);
});
