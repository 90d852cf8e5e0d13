import type pg from 'pg';
import { stepCode } from '../../../src/storage/wire.js';
import { connected, round } from '../support/measure.js';
import type { BenchRow } from '../support/row.js';
import type { SagaBench } from './saga-bench.js';
import type { TemporalServer } from './temporal-server.js';

export interface OutageOptions {
  readonly transfers: number;
  readonly urls: readonly string[];
  readonly temporal: TemporalServer;
  /** The best rate with Temporal there, as far as it was measured. */
  readonly peak: number | undefined;
  readonly onProgress: (line: string) => void;
}

const SENDERS = 512;
const LOOK_MS = 100;
const PATIENCE_MS = 300_000;

/** Temporal stops; so many transfers across shards are accepted and wait; it comes back, and they drain. */
export async function measureOutage(
  saga: SagaBench,
  { transfers, urls, temporal, peak, onProgress }: OutageOptions,
): Promise<BenchRow> {
  const clients = await Promise.all(urls.map(connected));
  try {
    await temporal.stop();
    const atRest = memory();
    const began = performance.now();
    await sendAll(saga, transfers);
    const accepted = Math.round(transfers / ((performance.now() - began) / 1_000));
    if ((await openIn(clients)) !== transfers) throw new Error('not all that were accepted wait');
    const waiting = memory();
    onProgress(`outage_drain: ${transfers} wait, accepted at ${accepted}/s`);
    await temporal.start();
    const drain = await watchDrain(clients, transfers, onProgress);
    const displaced = await furthestOutOfTurn(clients);
    const { rate } = drain;
    const memories = `memory ${atRest} MiB at rest, ${waiting} with all waiting, ${drain.memory} at most while draining`;
    return {
      name: 'outage_drain',
      in_flight: transfers,
      rate,
      p50_ms: drain.p50,
      p99_ms: drain.p99,
      ...(peak === undefined ? {} : { ratio: round(rate / peak, 2), of: 'the best of two_shards' }),
      note: `accepted at ${accepted}/s; begun ${drain.begunAfter} ms after Temporal; oldest first: at most ${displaced} places out of turn; ${memories}`,
    };
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

async function sendAll(saga: SagaBench, transfers: number): Promise<void> {
  const send = saga.transfers(1, 0);
  let left = transfers;
  const sender = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      if (await send()) throw new Error('a transfer across shards ended without Temporal');
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

/** From Temporal's return; the rate counts from the first end on. */
async function watchDrain(clients: pg.Client[], transfers: number, onProgress: (line: string) => void) {
  const back = performance.now();
  const ended: { readonly atMs: number; readonly done: number }[] = [];
  let most = 0;
  for (let done = 0; done < transfers; ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    most = Math.max(most, memory());
    done = transfers - (await openIn(clients));
    const atMs = Math.round(performance.now() - back);
    if (done > 0) ended.push({ atMs, done });
    if (ended.length % 20 === 1) onProgress(`outage_drain: ${done} of ${transfers} after ${atMs} ms`);
    if (atMs > PATIENCE_MS) throw new Error(`only ${done} of ${transfers} have ended after ${atMs} ms`);
  }
  const when = (share: number): number => ended.find(({ done }) => done >= transfers * share)?.atMs ?? 0;
  const [first = { atMs: 0, done: 0 }] = ended;
  const seconds = ((ended.at(-1)?.atMs ?? 0) - first.atMs) / 1_000;
  const rate = Math.round((transfers - first.done) / seconds);
  return { rate, begunAfter: first.atMs, p50: when(0.5), p99: when(0.99), memory: most };
}

/** How many transfers across shards are open. */
export async function openIn(clients: readonly pg.Client[]): Promise<number> {
  const counts = await Promise.all(
    clients.map((client) => client.query<{ n: string }>('SELECT count(*) AS n FROM open_intents')),
  );
  return counts.reduce((sum, { rows }) => sum + Number(rows[0]?.n ?? 0), 0);
}

/** How many places a transfer ended before or after its turn, by the order in which its shard took it in. */
async function furthestOutOfTurn(clients: readonly pg.Client[]): Promise<number> {
  const found = await Promise.all(
    clients.map((client) =>
      client.query<{ most: string }>(
        `SELECT max(abs(began - ended)) AS most
           FROM (SELECT row_number() OVER (ORDER BY t.seq) AS began, row_number() OVER (ORDER BY c.seq) AS ended
                   FROM steps t JOIN steps c USING (id)
                  WHERE t.step = ${stepCode('try')} AND c.step = ${stepCode('confirm')}) AS turns`,
      ),
    ),
  );
  return Math.max(...found.map(({ rows }) => Number(rows[0]?.most ?? 0)));
}

const memory = (): number => Math.round(process.memoryUsage.rss() / 2 ** 20);
