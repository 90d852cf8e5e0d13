import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AccountId } from '../../src/domain/ids.js';
import {
  CommandFailedError,
  ShardStoppedError,
  ShardUnavailableError,
} from '../../src/errors/shard-errors.js';
import type { ShardWriter } from '../../src/posting/shard-writer.js';
import { createClient, createPool } from '../../src/storage/pools.js';
import { withClient } from '../../src/storage/with-client.js';
import { checkBooks } from '../support/check-books.js';
import { createTestShards, TEST_ORIGIN, type TestShards } from '../support/cluster.js';
import { CompactTenant } from '../support/compact-tenant.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

let shards: TestShards;
let acme: CompactTenant;

beforeAll(async () => {
  shards = await createTestShards(1);
});
beforeEach(async (context) => {
  acme = new CompactTenant(await shards.tenant(`t${context.task.id.replaceAll('-', '_')}`, 'compact'));
});
afterAll(async () => {
  await checkBooks(shards.owner(0));
  await shards.close();
});

const reused = { kind: 'refused', rejection: { code: 'idempotency_key_reused', field: 'legs' } };
const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('a shard under attack by its own writers', () => {
  it('P2, P7: two nodes writing one shard at once never write from a stale copy', async () => {
    const nodes = [shards.writer(0), shards.writer(0)];
    const [a, b] = await openTwo(shards.writer(0));
    const outcomes = await Promise.all(
      count(400).map((i) => nodes[i % 2]?.submit(acme.post(`k${i}`, a, b, 1n), TEST_ORIGIN)),
    );
    expect(outcomes.every((o) => o?.kind === 'recorded' && o.result === 'done' && !o.replayed)).toBe(true);
    expect(await creditsOf(b)).toBe('400');
  });

  it('P4: the same key over two nodes at once has one effect and one answer', async () => {
    const nodes = [shards.writer(0), shards.writer(0)];
    const [a, b] = await openTwo(shards.writer(0));
    const outcomes = await Promise.all(
      count(60).map((i) => nodes[i % 2]?.submit(acme.post('same', a, b, 7n), TEST_ORIGIN)),
    );
    const seqs = new Set(outcomes.map((o) => (o?.kind === 'recorded' ? o.seq : o)));
    expect(seqs.size).toBe(1);
    expect(outcomes.filter((o) => o?.kind === 'recorded' && !o.replayed)).toHaveLength(1);
    const other = await nodes[0]?.submit(acme.post('same', a, b, 8n), TEST_ORIGIN);
    expect(other).toEqual(reused);
  });

  it('P4: keys used before, among new ones, are found by a node that never heard of them', async () => {
    const [a, b] = await openTwo(shards.writer(0));
    const first = shards.writer(0);
    const posted = await Promise.all(
      count(20).map((i) => first.submit(acme.post(`k${i}`, a, b, 1n), TEST_ORIGIN)),
    );
    const restarted = shards.writer(0);
    const again = await Promise.all(
      count(40).map((i) => restarted.submit(acme.post(`k${i}`, a, b, 1n), TEST_ORIGIN)),
    );
    again.forEach((answer, i) => {
      const seq = (posted[i] as { seq?: number } | undefined)?.seq;
      expect(answer).toMatchObject(i < 20 ? { replayed: true, seq } : { replayed: false });
    });
    // Another operation under the key of one has another first step, so no row of theirs would collide.
    const hold = acme.keyed('k3', { kind: 'hold', legs: acme.legs(a, b, 1n) } as const, acme.legs(a, b, 2n));
    const mixed = await Promise.all([
      shards.writer(0).submit(hold, TEST_ORIGIN),
      shards.writer(0).submit(acme.post('k4', b, a, 1n), TEST_ORIGIN),
    ]);
    expect(mixed).toEqual(Array(2).fill(reused));
    expect(await creditsOf(b)).toBe('40');
  });

  it('P2: a cache smaller than the accounts of a batch, with batches overlapping, loses nothing', async () => {
    const sizes = { accounts: 3, transfers: 3 };
    const writer = shards.writer(0, { cacheSizes: sizes, overlapFrom: 1, maxBatch: 40 });
    const accounts = await acme.open(
      writer,
      count(25).map((i) => `n${i}`),
    );
    const at = (i: number) => accounts[i % accounts.length] ?? accounts[0];
    const posts = count(1_500).map((i) => {
      const [debit, credit] = [at(i * 7), at(i * 7 + 1 + (i % 20))];
      if (debit === undefined || credit === undefined) throw new Error('not opened');
      return writer.submit(acme.post(`k${i}`, debit, credit, BigInt(1 + (i % 9))), TEST_ORIGIN);
    });
    const outcomes = await Promise.all(posts);
    expect(outcomes.every((o) => o.kind === 'recorded' && o.result === 'done')).toBe(true);
  });

  it('P5: a commit whose reply is lost is found by its repeat, not done twice', async () => {
    const { proxy, url } = await TcpProxy.before(shards.shardUrls[0] ?? '');
    const pool = createPool({ url, role: 'posting', name: 'lossy' });
    const writer = shards.writer(0, { pool });
    const [a, b] = await openTwo(writer);
    const before = await headSeq();
    proxy.loseReplyTo('saldo.transfer.posted');
    const answer = writer.submit(acme.post('lost', a, b, 5n), TEST_ORIGIN);
    await until('Postgres has committed', async () => (await headSeq()) === before + 1);
    proxy.cut();
    expect(await answer).toMatchObject({ kind: 'recorded', result: 'done', replayed: true, seq: before + 1 });
    expect(await headSeq()).toBe(before + 1);
    await pool.end();
    await proxy.close();
  });

  it('P5: a batch whose reply is lost is known by the one on top of it, which was committed', async () => {
    const { proxy, url } = await TcpProxy.before(shards.shardUrls[0] ?? '');
    const pool = createPool({ url, role: 'posting', name: 'proof' });
    const writer = shards.writer(0, { pool });
    const [a, b] = await openTwo(writer);
    const before = await headSeq();
    const post = (key: string) => writer.submit(acme.post(key, a, b, 1n), TEST_ORIGIN);
    proxy.loseReplyTo('"key":"k0"');
    const answers = count(30).map((i) => post(`k${i}`));
    await until('the first batch is committed', async () => (await headSeq()) === before + 30);
    answers.push(...count(30).map((i) => post(`l${i}`)));
    await until('the second is', async () => (await headSeq()) === before + 60);
    await until('and says so', () => Promise.resolve(pool.totalCount - pool.idleCount === 1));
    proxy.cut();
    const outcomes = await Promise.all(answers);
    expect(outcomes.every((o) => o.kind === 'recorded' && o.result === 'done' && !o.replayed)).toBe(true);
    expect(await headSeq()).toBe(before + 60);
    await pool.end();
    await proxy.close();
  });

  it('P5: a shard that is away is waited for, and what was asked meanwhile is carried out once', async () => {
    const { proxy, url } = await TcpProxy.before(shards.shardUrls[0] ?? '');
    const pool = createPool({ url, role: 'posting', name: 'away' });
    const writer = shards.writer(0, { pool });
    const [a, b] = await openTwo(writer);
    proxy.cut({ refuse: true });
    const answers = count(30).map((i) => writer.submit(acme.post(`k${i}`, a, b, 1n), TEST_ORIGIN));
    proxy.cut();
    const outcomes = await Promise.all(answers);
    expect(outcomes.every((o) => o.kind === 'recorded' && o.result === 'done')).toBe(true);
    expect(await creditsOf(b)).toBe('30');
    await pool.end();
    await proxy.close();
  });

  it('P2: what a repeat read beyond the head a node knows is not taken for the truth at that head', async () => {
    const [knows, behind] = [shards.writer(0), shards.writer(0)];
    const [a, b] = await openTwo(knows);
    const hold = acme.keyed('hold', { kind: 'hold', legs: acme.legs(a, b, 100n) });
    await knows.submit(hold, TEST_ORIGIN);
    await behind.submit(acme.post('x', a, b, 1n), TEST_ORIGIN);
    const parts = [{ leg: 0, amount: 30n }];
    const deadline = '2099-01-01T00:00:00.000Z';
    const capture = acme.keyed('c', { kind: 'capture', hold: hold.transfer, parts, final: false, deadline });
    expect(await knows.submit(capture, TEST_ORIGIN)).toMatchObject({ result: 'done', replayed: false });
    expect(await behind.submit(capture, TEST_ORIGIN)).toMatchObject({ result: 'done', replayed: true });
    // It follows the capture only now, when the other node has written again and its own write is refused.
    await behind.submit(acme.post('y', a, b, 1n), TEST_ORIGIN);
    const rest = acme.keyed('r', { kind: 'capture', hold: hold.transfer, final: true, deadline });
    await behind.submit(rest, TEST_ORIGIN);
    expect(await creditsOf(b)).toBe('102');
    expect(await pendingOf(a)).toBe('0');
  });

  it('what writes nothing is answered as of now, whoever wrote last', async () => {
    const [here, there] = [shards.writer(0), shards.writer(0)];
    const [a, b] = await openTwo(here);
    const [poor] = await acme.open(here, ['poor'], { minBalance: 0n, maxBalance: 100n });
    if (poor === undefined) throw new Error('not opened');
    await here.submit(acme.post('none', poor, a, 1n), TEST_ORIGIN);
    await there.submit(acme.post('funds', b, poor, 50n), TEST_ORIGIN);
    const dry = here.submit(acme.post('later', poor, a, 10n), TEST_ORIGIN, { dry: true });
    expect(await dry).toMatchObject({ kind: 'recorded', result: 'done' });
    const raise = acme.keyed('raise', {
      kind: 'change_account',
      account: poor,
      change: { maxBalance: 1_000n },
    });
    await there.submit({ ...raise, operation: raise.transfer }, TEST_ORIGIN);
    const min = acme.keyed('min', { kind: 'change_account', account: poor, change: { minBalance: 200n } });
    expect(await here.submit({ ...min, operation: min.transfer }, TEST_ORIGIN)).toMatchObject({
      result: 'done',
    });
  });

  it('a batch weighs what its commands do: many legs go in commits of their own', async () => {
    const sizes: number[] = [];
    const writer = shards.writer(0, {
      maxLegs: 100,
      onCommitted: ({ submissions }) => sizes.push(submissions.length),
    });
    const [a, b] = await openTwo(writer);
    sizes.length = 0;
    const linked = (name: string) => ({
      kind: 'linked' as const,
      items: count(60).map((i) => acme.post(`${name} ${i}`, a, b, 1n)),
    });
    await Promise.all([...count(4).map((i) => writer.submit(linked(`l${i}`), TEST_ORIGIN))]);
    await writer.submit(
      { kind: 'linked', items: count(150).map((i) => acme.post(`m${i}`, a, b, 1n)) },
      TEST_ORIGIN,
    );
    expect(sizes).toEqual([1, 1, 1, 1, 1]);
    expect(await creditsOf(b)).toBe('390');
  });

  it('P9: a node that is frozen while it holds the head does not hold up the others', async () => {
    const writer = shards.writer(0, { patienceMs: 30_000 });
    const [a, b] = await openTwo(writer);
    const frozen = createClient({ url: shards.shardUrls[0] ?? '', role: 'posting', name: 'frozen' });
    frozen.on('error', () => undefined);
    await frozen.connect();
    await frozen.query('BEGIN');
    await frozen.query('SELECT seq FROM head FOR UPDATE');
    const answer = await writer.submit(acme.post('k', a, b, 1n), TEST_ORIGIN);
    expect(answer).toMatchObject({ kind: 'recorded', result: 'done' });
    await frozen.end().catch(() => undefined);
  });

  it('all that wait for a shard that is away are told, not only the batch that failed', async () => {
    const { proxy, url } = await TcpProxy.before(shards.shardUrls[0] ?? '');
    const pool = createPool({ url, role: 'posting', name: 'gone' });
    const writer = shards.writer(0, { pool, patienceMs: 100, maxBatch: 1, maxWaiting: 300 });
    const [a, b] = await openTwo(writer);
    proxy.cut({ refuse: true });
    // One at a time, each with its pause, they would take five minutes.
    const answers = await Promise.allSettled(
      count(301).map((i) => writer.submit(acme.post(`k${i}`, a, b, 1n), TEST_ORIGIN)),
    );
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
    expect(answers.at(-1)).toMatchObject({
      reason: { message: 'shard 0: too many commands wait for it' },
    });
    await pool.end();
    await proxy.close();
  });

  it('an outcome that stays unknown is said to be unknown', async () => {
    const { proxy, url } = await TcpProxy.before(shards.shardUrls[0] ?? '');
    const pool = createPool({ url, role: 'posting', name: 'gone' });
    const writer = shards.writer(0, { pool, patienceMs: 100 });
    const [a, b] = await openTwo(writer);
    proxy.cut({ refuse: true });
    await expect(writer.submit(acme.post('k', a, b, 1n), TEST_ORIGIN)).rejects.toThrow(ShardUnavailableError);
    await pool.end();
    await proxy.close();
  });

  it('a node of an older writer version stops writing and says so', async () => {
    const old = shards.writer(0);
    const [a, b] = await openTwo(old);
    const newer = shards.writer(0, { writerVersion: 3 });
    await newer.submit({ kind: 'raise_writer_version', version: 3 }, TEST_ORIGIN);
    const before = await headSeq();
    const refusal = await old.submit(acme.post('k', a, b, 1n), TEST_ORIGIN).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ShardStoppedError);
    expect(String(refusal)).toContain('needs writer version 3, this node writes 2');
    expect(old.stopReason).toMatchObject({
      stopCause: expect.stringMatching(/writer_version|unknown_event/),
    });
    expect(await headSeq()).toBe(before);
    expect(await newer.submit(acme.post('k', a, b, 1n), TEST_ORIGIN)).toMatchObject({ replayed: false });
    // The other tests of this file go on with the version of this release.
    await shards.owner(0).query('UPDATE head SET writer_version = 1');
  });

  it('P9: a node whose clock runs ahead writes nothing, says so, and goes on when it is right again', async () => {
    const [a, b] = await openTwo(shards.writer(0));
    const before = await headSeq();
    let ahead = 60_000;
    const troubles: string[] = [];
    const onTrouble = (why: string): unknown => troubles.push(why);
    const node = shards.writer(0, { clock: () => Date.now() + ahead, patienceMs: 100, onTrouble });
    const refusal = node.submit(acme.post('k', a, b, 1n), TEST_ORIGIN);
    await expect(refusal).rejects.toThrow(/the batch is of .*, but it is/);
    await expect(refusal).rejects.toThrow(ShardUnavailableError);
    expect([node.trouble, ...troubles]).toEqual(Array(2).fill(expect.stringContaining('but it is')));
    expect(await headSeq()).toBe(before);
    ahead = 0;
    expect(await node.submit(acme.post('k', a, b, 1n), TEST_ORIGIN)).toMatchObject({ replayed: false });
    expect([node.trouble, node.stopReason]).toEqual([undefined, undefined]);
  });

  it('a node that was told another epoch stops writing', async () => {
    const other = shards.writer(0, { epoch: 2 });
    await expect(other.submit(acme.opening('x'), TEST_ORIGIN)).rejects.toThrow(
      /epoch 1, this node was told 2/,
    );
  });

  it('times never go backwards, whatever a node thinks the time is', async () => {
    const [a, b] = await openTwo(shards.writer(0));
    const behind = shards.writer(0, { clock: () => 0 });
    await behind.submit(acme.post('k', a, b, 1n), TEST_ORIGIN);
    const { rows } = await shards
      .owner(0)
      .query(`SELECT body::jsonb ->> 'time' AS time FROM events ORDER BY seq DESC LIMIT 2`);
    expect(rows[0]?.time >= rows[1]?.time).toBe(true);
  });

  it('a command that Postgres refuses fails alone', async () => {
    const writer = shards.writer(0);
    const [a, b] = await openTwo(writer);
    const poison = acme.opening('poison', { minBalance: -(10n ** 39n) });
    const answers = await Promise.allSettled([
      ...count(20).map((i) => writer.submit(acme.post(`k${i}`, a, b, 1n), TEST_ORIGIN)),
      writer.submit(poison, TEST_ORIGIN),
      ...count(20).map((i) => writer.submit(acme.post(`l${i}`, a, b, 1n), TEST_ORIGIN)),
    ]);
    const failed = answers.filter((answer) => answer.status === 'rejected');
    expect(failed).toHaveLength(1);
    expect(failed[0]?.reason).toBeInstanceOf(CommandFailedError);
    expect(await creditsOf(b)).toBe('40');
  });

  it('P3: a rejection is recorded, and a repeat gets it again although funds have come in since', async () => {
    const writer = shards.writer(0);
    const [rich] = await openTwo(writer);
    const [poor] = await acme.open(writer, ['poor'], { minBalance: 0n });
    if (poor === undefined) throw new Error('not opened');
    const first = await writer.submit(acme.post('k', poor, rich, 5n), TEST_ORIGIN);
    expect(first).toMatchObject({
      result: 'rejected',
      rejection: { code: 'insufficient_funds', available: '0', needed: '5' },
    });
    await writer.submit(acme.post('funds', rich, poor, 100n), TEST_ORIGIN);
    const again = await shards.writer(0).submit(acme.post('k', poor, rich, 5n), TEST_ORIGIN);
    expect(again).toMatchObject({
      result: 'rejected',
      replayed: true,
      rejection: { code: 'insufficient_funds' },
    });
  });
});

it('P9: a connection that breaks while it is lent does not end the process', async () => {
  const pool = createPool({ url: shards.shardUrls[0] ?? '', role: 'posting', name: 'lent' });
  const lent = withClient(pool, async (client) => {
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    await shards.owner(0).query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await until('it is told', () =>
      client.query('SELECT 1').then(
        () => false,
        () => true,
      ),
    );
    await client.query('SELECT 1');
  });
  await expect(lent).rejects.toThrow();
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
});

describe('the posting role', () => {
  it.each(['events', 'entries', 'steps', 'links'])('can not change or remove %s', async (table) => {
    // A trigger for rows needs one.
    await shards.posting(0).query("INSERT INTO links VALUES (gen_random_uuid(), 1, 'acme')");
    for (const sql of [`UPDATE ${table} SET seq = seq`, `DELETE FROM ${table}`, `TRUNCATE ${table}`]) {
      await expect(shards.posting(0).query(sql)).rejects.toThrow(/permission denied/);
      await expect(shards.owner(0).query(sql)).rejects.toThrow(/append-only/);
    }
  });
});

const headSeq = async (): Promise<number> =>
  Number((await shards.owner(0).query('SELECT seq FROM head')).rows[0]?.seq);

async function openTwo(writer: ShardWriter): Promise<[AccountId, AccountId]> {
  const [a, b] = await acme.open(writer, ['a', 'b']);
  if (a === undefined || b === undefined) throw new Error('not opened');
  return [a, b];
}

const creditsOf = async (account: AccountId): Promise<unknown> =>
  (await lastEntry(account))?.['credits_posted'];
const pendingOf = async (account: AccountId): Promise<unknown> =>
  (await lastEntry(account))?.['debits_pending'];

async function lastEntry(account: AccountId): Promise<Record<string, unknown> | undefined> {
  const { rows } = await shards
    .owner(0)
    .query('SELECT * FROM entries WHERE account = $1 ORDER BY version DESC LIMIT 1', [account.slice(4)]);
  return rows[0];
}
