import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Watchers } from '../../src/api/streams/watchers.js';
import type { FeedPort } from '../../src/feed/views.js';
import {
  type FeedHarness,
  ofShard,
  openStream,
  type StreamClient,
  startFeed,
  TENANTS,
} from '../support/feed-harness.js';
import { until } from '../support/until.js';

let feed: FeedHarness;
/** How many events the feed has read for streams, and how often it was asked to. */
const asked = { events: 0, reads: 0 };
/** The feed itself, counted. */
const counted: FeedPort = {
  open: async (...given) => {
    const reader = await feed.ledger.feed.open(...given);
    return {
      ...reader,
      read: async (most) => {
        const page = await reader.read(most);
        asked.events += page.events.length;
        asked.reads += 1;
        return page;
      },
    };
  },
};
beforeAll(async () => {
  feed = await startFeed();
});
afterAll(() => feed.close());

const auth = (tenant: keyof typeof TENANTS) => ({ authorization: `Bearer ${TENANTS[tenant]}` });
const open = (url: string, tenant: keyof typeof TENANTS = 'acme', query = '') =>
  openStream(`${url}/v1/events/stream${query}`, auth(tenant));
const all = async (tenant: keyof typeof TENANTS) => [
  await feed.bodies(tenant, 0),
  await feed.bodies(tenant, 1),
];
const byShard = (texts: readonly string[]): string[][] => [ofShard(texts, 0), ofShard(texts, 1)];

/** Another API on the same ledger, whose readers are counted and whose open requests can be. */
async function serve(options: { heartbeatMs?: number; stalledMs?: number; ownerOf?: never } = {}) {
  const watchers = new Watchers({ perTenant: 1_000, perNode: 1_100 });
  const served = await feed.serve({ feed: counted, watchers, ...options });
  return { ...served, watchers };
}

describe('GET /v1/events/stream', () => {
  it('goes on after the id it was left at, with nothing twice and nothing missing', async () => {
    await feed.post('acme', 0, 30);
    await feed.post('acme', 1, 30);
    const total = (await all('acme')).flat().length;
    const texts: string[] = [];
    let last = '';
    // Cut off again and again, after a few events each time.
    for (const took of [1, 7, 20, total]) {
      const stream = await feed.stream('acme', '', last === '' ? {} : { 'last-event-id': last });
      const wanted = Math.min(took, total - texts.length);
      await until('some have come', () => stream.parts.length >= wanted);
      const parts = stream.parts.slice(0, wanted);
      texts.push(...parts.flatMap(({ data }) => data ?? []));
      last = parts.at(-1)?.id ?? last;
      stream.close();
    }
    expect(byShard(texts)).toEqual(await all('acme'));
  });

  it('says that it is there while nothing happens, and moves its place past what is others’', async () => {
    const { url, close } = await serve({ heartbeatMs: 50 });
    const stream = await open(url, 'acme', '?after=now');
    await until('it has said so twice', () => stream.parts.length >= 2);
    const first = stream.parts[0]?.id;
    await feed.post('other', 0, 30);
    await until('its place has moved', () => stream.parts.at(-1)?.id !== first);
    expect(stream.texts()).toEqual([]);
    const place = stream.parts.at(-1)?.id ?? '';
    await feed.post('acme', 0, 1);
    const resumed = await feed.stream('acme', '', { 'last-event-id': place });
    await until('the next has come', () => resumed.texts().length > 0);
    expect((await all('acme')).flat()).toContain(resumed.texts()[0]);
    for (const one of [stream, resumed]) one.close();
    await close();
  });

  it('P10: ends when its key is no key any more', async () => {
    let valid = true;
    const ownerOf = async (token: string) =>
      valid && token === TENANTS.acme ? { keyId: 'acme', tenant: 'acme' } : undefined;
    const { url, close } = await serve({ heartbeatMs: 50, ownerOf: ownerOf as never });
    const stream = await open(url);
    await until('it has begun', () => stream.texts().length > 0);
    valid = false;
    await until('it has ended', () => stream.ended() === 'clean');
    expect((await open(url)).status).toBe(401);
    await close();
  });

  it('takes nothing more from the ledger for a client that does not read, and goes on when it does', async () => {
    const { url, close, watchers } = await serve();
    const large = 'x'.repeat(4_000);
    const slow = await open(url, 'other', '?after=now');
    slow.pause();
    Object.assign(asked, { events: 0, reads: 0 });
    const before = (await all('other')).flat().length;
    // 25 MB: more than a socket's buffers on both sides hold.
    for (let n = 0; n < 8; n += 1) await feed.post('other', n % 2, 250, large);
    const news = (await all('other')).flat().length - before;
    let steady = { events: -1, atMs: 0 };
    await until('nothing more is read for it', () => {
      if (asked.events !== steady.events) steady = { events: asked.events, atMs: performance.now() };
      return performance.now() - steady.atMs > 1_000;
    });
    expect(asked.events).toBeLessThan(news);
    slow.resume();
    await until('it has everything', () => slow.texts().length === news, 60_000);
    expect(byShard(slow.texts())).toEqual(
      (await all('other')).map((bodies, shard) => bodies.slice(-ofShard(slow.texts(), shard).length)),
    );
    slow.close();
    await until('its place is free', () => watchers.count === 0);
    await close();
  }, 120_000);

  it('closes a connection that takes nothing for long, so that its place is free', async () => {
    const { url, close, watchers } = await serve({ heartbeatMs: 100, stalledMs: 1_000 });
    const stuck = await open(url, 'other');
    stuck.pause();
    const quiet = await open(url, 'other', '?after=now');
    await until('the stuck one is closed', () => watchers.count === 1);
    // A quiet one is kept by its heartbeats.
    expect(quiet.ended()).toBeUndefined();
    quiet.close();
    await close();
  });

  it('ends cleanly, as a long poll does, when the node stops', async () => {
    const { url, close, watchers } = await serve();
    const streams = [await open(url), await open(url, 'other', '?after=now')];
    const poll = fetch(`${url}/v1/events?after=now&wait=30`, { headers: auth('acme') });
    await until('all wait', () => watchers.count === 3);
    const began = performance.now();
    await close();
    expect(performance.now() - began).toBeLessThan(10_000);
    expect((await poll).status).toBe(200);
    await until('the streams have ended', () => streams.every((stream) => stream.ended() === 'clean'));
    expect(watchers.count).toBe(0);
  });
});

it('a thousand idle streams cost nothing when others are paid, and one more is refused', async () => {
  const { url, close, watchers } = await serve();
  const streams: StreamClient[] = [];
  while (streams.length < 1_000) {
    streams.push(...(await Promise.all(Array.from({ length: 50 }, () => open(url, 'other', '?after=now')))));
  }
  expect(watchers.count).toBe(1_000);
  const over = await fetch(`${url}/v1/events/stream`, { headers: auth('other') });
  expect([
    over.status,
    over.headers.get('retry-after'),
    ((await over.json()) as { code: string }).code,
  ]).toEqual([429, '5', 'too_many_watchers']);
  // Another tenant has places of its own.
  const acme = await open(url, 'acme', '?after=now');
  await until('all have had their first look', () => asked.reads >= 1_001);
  Object.assign(asked, { events: 0, reads: 0 });
  const before = (await all('acme')).flat().length;
  for (let n = 0; n < 10; n += 1) await feed.post('acme', n % 2, 20);
  const news = (await all('acme')).flat().length - before;
  await until('acme has its own', () => acme.texts().length === news);
  // Only the one whose tenant they are was woken.
  expect(asked.reads).toBeLessThan(500);
  // What concerns all of them is read once or a few times, not a thousand times.
  const { rows } = await feed.shards
    .owner(0)
    .query(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'saldo:reader'",
    );
  expect(rows[0].n).toBeLessThanOrEqual(10);
  await feed.post('other', 0, 1);
  const wanted = streams.map(() => true);
  await until(
    'each has it',
    () => wanted.every((_, index) => (streams[index]?.texts().length ?? 0) > 0),
    30_000,
  );
  expect(new Set(streams.map((stream) => stream.texts()[0])).size).toBeLessThanOrEqual(2);
  for (const stream of streams) stream.close();
  acme.close();
  await until('all places are free', () => watchers.count === 0);
  await close();
}, 120_000);
