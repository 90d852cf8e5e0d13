import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantId } from '../../src/domain/ids.js';
import { EventFeed } from '../../src/feed/event-feed.js';
import { Trail } from '../../src/feed/trail.js';
import { createPool } from '../../src/storage/pools.js';
import { ShardPools } from '../../src/storage/shard-pools.js';
import { type FeedHarness, ofShard, startFeed, type TenantName } from '../support/feed-harness.js';
import { until } from '../support/until.js';

let feed: FeedHarness;
beforeAll(async () => {
  feed = await startFeed();
});
afterAll(() => feed.close());

const shardsOf = async (tenant: TenantName): Promise<string[][]> => [
  await feed.bodies(tenant, 0),
  await feed.bodies(tenant, 1),
];
const byShard = (texts: readonly string[]): string[][] => [ofShard(texts, 0), ofShard(texts, 1)];

/** Pulls pages until there is nothing more, as lines. */
async function pullAll(tenant: TenantName, from = 'start', limit = 100): Promise<string[]> {
  const texts: string[] = [];
  for (let after = from; ; ) {
    const page = await feed.get(tenant, `?after=${after}&limit=${limit}`, { accept: 'application/x-ndjson' });
    expect(page.status, page.text).toBe(200);
    texts.push(...page.text.split('\n').slice(0, -1));
    after = page.headers.get('saldo-next-cursor') ?? '';
    if (page.headers.get('saldo-caught-up') === 'true') return texts;
  }
}

describe('GET /v1/events', () => {
  it('P7, P10: gives each tenant all its own events and nobody else’s, in the journal’s bytes', async () => {
    for (const shard of [0, 1]) {
      await feed.post('acme', shard, 40);
      await feed.post('other', shard, 7);
    }
    for (const tenant of ['acme', 'other'] as const) {
      for (const limit of [1, 7, 1_000])
        expect(byShard(await pullAll(tenant, 'start', limit))).toEqual(await shardsOf(tenant));
      const { json, text } = await feed.get(tenant, '?limit=1000');
      expect(json.data.every((event) => event.tenant === tenant)).toBe(true);
      // The bytes are in the body as they are, for who can take them out of it.
      for (const body of (await shardsOf(tenant)).flat()) expect(text).toContain(body);
    }
  });

  it('goes on at its cursor, and at the end gives nothing and a cursor to wait with', async () => {
    const first = await feed.get('acme', '?limit=10');
    expect(first.json).toMatchObject({ caught_up: false });
    expect(first.json.data).toHaveLength(10);
    const all = await feed.get('acme', '?limit=1000');
    expect(await pullAll('acme', first.json.next_cursor)).toHaveLength(all.json.data.length - 10);
    const end = await feed.get('acme', `?after=${all.json.next_cursor}`);
    expect(end.json).toMatchObject({ data: [], caught_up: true });
    const now = await feed.get('acme', '?after=now');
    expect(now.json).toMatchObject({ data: [], caught_up: true });
    const had = (await shardsOf('acme')).flat().length;
    await feed.post('acme', 1, 1);
    // One, and one for the key's claim where its home is another shard.
    const news = (await shardsOf('acme')).flat().length - had;
    for (const after of [end.json.next_cursor, now.json.next_cursor])
      expect((await feed.get('acme', `?after=${after}`)).json.data).toHaveLength(news);
  });

  it('waits for what is not there yet, and is woken by its own events only', async () => {
    const { json } = await feed.get('acme', '?after=now');
    let answered = false;
    const waiting = feed.get('acme', `?after=${json.next_cursor}&wait=30`).finally(() => {
      answered = true;
    });
    await until('it waits', () => feed.watchers.count === 1);
    await feed.post('other', 0, 20);
    await feed.post('other', 1, 20);
    expect(answered).toBe(false);
    await feed.post('acme', 1, 1);
    expect((await waiting).json.data).toMatchObject([{ tenant: 'acme' }]);
    const empty = await feed.get('acme', `?after=now&wait=1`);
    expect(empty.json).toMatchObject({ data: [], caught_up: true });
    expect(feed.watchers.count).toBe(0);
  });

  it('stops waiting for a client that is gone', async () => {
    const client = new AbortController();
    const { url } = feed;
    const gone = fetch(`${url}/v1/events?after=now&wait=30`, {
      headers: { authorization: 'Bearer sk_acme_0123456789abcdefghijklmn' },
      signal: client.signal,
    });
    await until('it waits', () => feed.watchers.count === 1);
    client.abort();
    await expect(gone).rejects.toThrow();
    await until('its place is free', () => feed.watchers.count === 0);
  });

  it.each([
    '?limit=0',
    '?limit=1001',
    '?wait=31',
    '?wait=-1',
    '?after=',
    '?after=a&after=b',
    '?since=1',
    '?limit=1e3',
  ])('refuses %s', async (query) => {
    expect(await feed.get('acme', query)).toMatchObject({ status: 400, json: { code: 'invalid_request' } });
  });

  it('P10: a cursor that was tampered with, or is another tenant’s, is none', async () => {
    const { next_cursor: cursor } = (await feed.get('acme', '?limit=20')).json;
    const mangled = [...cursor].flatMap((char, at) =>
      ['A', 'B', '_', '']
        .filter((other) => other !== char)
        .map((other) => cursor.slice(0, at) + other + cursor.slice(at + 1)),
    );
    for (const bad of [...mangled, `${cursor}A`, `${cursor}=`, 'x', '%00', `${cursor}${cursor}`]) {
      const { status, json } = await feed.get('acme', `?after=${bad}`);
      expect([status, json.field], bad).toEqual([400, 'after']);
    }
    expect(await feed.get('other', `?after=${cursor}`)).toMatchObject({
      status: 400,
      json: { field: 'after' },
    });
    expect((await feed.get('acme', `?after=${cursor}`)).status).toBe(200);
  });

  it('a cursor of events that are not there is said to be one', async () => {
    // As after a restore to an earlier moment: made by a feed whose shards went on further.
    const { encodeCursor } = await import('../../src/feed/cursor.js');
    const ahead = encodeCursor(feed.shards.name, 'acme' as TenantId, [1_000_000, 0]);
    const pulled = await feed.get('acme', `?after=${ahead}`);
    expect(pulled).toMatchObject({
      status: 400,
      json: { field: 'after', detail: 'This cursor is of events that are not there.' },
    });
    expect((await feed.stream('acme', `?after=${ahead}`)).status).toBe(400);
  });
});

describe('P7, P10: order, no gap, no duplicate while both shards are written', () => {
  it('by pages, by long polls, by streams from the start and from the middle', async () => {
    const middle = (await feed.get('acme', '?limit=30')).json.next_cursor;
    const before = await shardsOf('acme');
    const streams = [
      await feed.stream('acme'),
      await feed.stream('acme', `?after=${middle}`),
      await feed.stream('other'),
    ];
    let writing = true;
    const polled: string[] = [];
    const polling = (async () => {
      for (let after = 'start'; ; ) {
        const page = await feed.get('acme', `?after=${after}&limit=33&wait=1`, {
          accept: 'application/x-ndjson',
        });
        polled.push(...page.text.split('\n').slice(0, -1));
        after = page.headers.get('saldo-next-cursor') ?? '';
        if (!writing && page.headers.get('saldo-caught-up') === 'true') return;
      }
    })();
    await Promise.all(
      (
        [
          ['acme', 0],
          ['acme', 1],
          ['other', 0],
          ['other', 1],
        ] as const
      ).map(async ([tenant, shard]) => {
        for (let n = 0; n < 15; n += 1) await feed.post(tenant, shard, 40);
      }),
    );
    writing = false;
    await polling;
    const acme = await shardsOf('acme');
    const other = await shardsOf('other');
    const total = (lists: readonly string[][]): number => lists.flat().length;
    expect(total(acme)).toBeGreaterThanOrEqual(total(before) + 1_200);
    await until('the streams have it all', () => {
      const counts = streams.map((stream) => stream.texts().length);
      return counts[0] === total(acme) && counts[1] === total(acme) - 30 && counts[2] === total(other);
    });
    expect(byShard(polled)).toEqual(acme);
    expect(byShard(streams[0]?.texts() ?? [])).toEqual(acme);
    const rest = byShard(streams[1]?.texts() ?? []);
    expect(rest.map((texts, shard) => acme[shard]?.slice(-texts.length || acme[shard]?.length))).toEqual(
      rest,
    );
    expect(byShard(streams[2]?.texts() ?? [])).toEqual(other);
    for (const stream of streams) stream.close();
    await until('all are gone', () => feed.watchers.count === 0);
  });
});

it('one look goes through a bounded stretch, and the cursor moves past what is another tenant’s', async () => {
  await feed.post('other', 0, 300);
  const pools = new ShardPools(
    feed.shards.shardUrls.map((url) => createPool({ url, role: 'reader', name: 'test' })),
  );
  const trails = feed.ledger.heads.map(
    (head, shard) =>
      new Trail({
        pool: feed.shards.posting(shard),
        barrier: { pass: async () => undefined },
        head,
        onError: () => undefined,
      }),
  );
  const narrow = new EventFeed({ cluster: feed.shards.name, pools, trails, span: 50 });
  const reader = await narrow.open('acme' as TenantId, 'start', { live: false });
  const texts: string[] = [];
  let empty = 0;
  for (;;) {
    const page = await reader.read({ events: 1_000, bytes: 10_000_000 });
    expect(page.events.length).toBeLessThanOrEqual(100);
    texts.push(...page.events.map(({ text }) => text));
    if (page.caughtUp) break;
    if (page.events.length === 0) empty += 1;
  }
  expect(empty).toBeGreaterThan(0);
  expect(byShard(texts)).toEqual(await shardsOf('acme'));
  // And bytes bound a page as well; one event is given whatever its size.
  const small = await narrow.open('acme' as TenantId, 'start', { live: false });
  expect((await small.read({ events: 100, bytes: 1 })).events).toHaveLength(1);
  reader.close();
  await pools.end();
});
