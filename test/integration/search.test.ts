import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountId, TenantId } from '../../src/domain/ids.js';
import type { Leg, TransferDetails } from '../../src/domain/transfer.js';
import type { NewAccount, NewTransfer } from '../../src/intake/requests.js';
import { JOURNAL_START, JournalCursor } from '../../src/journal/journal-cursor.js';
import type { AccountView } from '../../src/routing/views.js';
import { applyBatch, openPosition } from '../../src/search/apply-batch.js';
import { SearchFeeder } from '../../src/search/feeder.js';
import type { TransferQuery } from '../../src/search/requests.js';
import type { FoundTransfer, Page } from '../../src/search/views.js';
import { askInAdvance } from '../support/ask-in-advance.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { CZK } from '../support/compact-tenant.js';
import { readJournal, testKafka } from '../support/journal.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { createSearchModel, type SearchModel } from '../support/search-model.js';
import { until } from '../support/until.js';

const SHARDS = [0, 1] as const;
const PAST = '2020-02-29T12:00:00.000Z';

let cluster: SagaCluster;
let model: SearchModel;
let feeder: SearchFeeder;
let accounts: AccountView[];
let other: TenantId;
let journals: string[][];

const feederOf = ({ url, pool }: SearchModel): SearchFeeder =>
  new SearchFeeder({
    lockUrl: url,
    pool,
    cluster: cluster.shards.name,
    shards: SHARDS,
    kafkaOptions: testKafka().kafkaOptions,
    onError: () => undefined,
  });

/** Every row of the model, but for where Kafka has what. */
async function dump({ pool }: SearchModel): Promise<string[]> {
  const tables = ['transfers', 'tags', 'accounts', 'entries', 'day_sums', 'open_parts'];
  const rows = await Promise.all(
    tables.map((table) => pool.query(`SELECT '${table} ' || t::text AS row FROM ${table} t ORDER BY 1`)),
  );
  const positions = await pool.query(
    `SELECT concat_ws(' ', shard, seq, hash, time) AS row FROM positions ORDER BY 1`,
  );
  return [...rows, positions].flatMap((one) => one.rows.map(({ row }) => String(row)));
}

/** Waits until everything that the shards have is in. */
async function caughtUp({ reader }: SearchModel): Promise<void> {
  const owners = SHARDS.map((shard) => cluster.shards.owner(shard).query('SELECT seq FROM head'));
  const heads = (await Promise.all(owners)).map(({ rows }) => Number(rows[0]?.seq));
  await until('the model has caught up', async () => {
    const lag = await reader.lag();
    return heads.every((seq, shard) => lag[shard]?.sequence === seq);
  });
}

const account = (n: number): AccountView => {
  const found = accounts[n % accounts.length];
  if (found === undefined) throw new RangeError(String(n));
  return found;
};
const leg = (from: number, to: number, amount: bigint) => ({
  debit: account(from).id,
  credit: account(to).id,
  amount,
  asset: CZK,
});

/** Accounts 0 to 2 lie on shard 0, 3 to 5 on shard 1; the second and the fifth refuse to go below zero. */
async function openAccounts(tenant: TenantId): Promise<AccountView[]> {
  const { intake } = cluster.ledger;
  const open = async (key: string, placementGroup: string, terms: Partial<NewAccount> = {}) => {
    const request = { tenant, key, asset: CZK, limits: { minBalance: null }, placementGroup, ...terms };
    const answer = await intake.openAccount(request, TEST_ORIGIN);
    if (answer.kind !== 'opened') throw new Error(JSON.stringify(answer));
    return answer.account;
  };
  const groups: string[] = [];
  for (let n = 0; groups[0] === undefined || groups[1] === undefined; n += 1) {
    groups[(await open(`seeks ${n}`, `group-${n}`)).shard] ??= `group-${n}`;
  }
  const [a = '', b = ''] = groups;
  return [
    await open('0', a, { reference: 'merchants:acme:sales' }),
    await open('1', a, { reference: 'merchants:acme:fees', limits: {} }),
    await open('2', a, { reference: 'merchants:acme_2:sales' }),
    await open('3', b, { reference: 'merchants:acme:reserve' }),
    await open('4', b, { reference: 'world', limits: {} }),
    await open('5', b),
  ];
}

async function post(key: string, legs: readonly Leg[], terms: Partial<NewTransfer> = {}) {
  const request = { tenant: cluster.tenant, key, legs, ...terms };
  const answer = await cluster.ledger.intake.transfer(request, TEST_ORIGIN, { waitMs: 30_000 });
  if (answer.kind === 'refused') throw new Error(JSON.stringify(answer));
  return answer.transfer;
}

/** Some of everything the ledger does, much of it at once. */
async function work(): Promise<void> {
  const { tenant, ledger } = cluster;
  const { intake, router } = ledger;
  const hold = async (key: string, details: TransferDetails = {}, terms: { expiresAt?: string } = {}) =>
    (await post(key, [leg(0, 1, 100n), leg(2, 1, 50n)], { details, hold: terms })).id;
  await Promise.all(
    Array.from({ length: 150 }, (_, i) => {
      const metadata = { order: `${i % 7}`, parity: i % 2 === 0 ? 'even' : 'odd' };
      const effectiveAt = `20${20 + (i % 3)}-0${1 + (i % 9)}-11T${10 + (i % 10)}:30:00${i % 2 === 0 ? 'Z' : '+14:00'}`;
      const details = { reference: `ref-${i % 11}`, metadata, ...(i % 3 === 0 ? { effectiveAt } : {}) };
      return post(`k${i}`, [leg(i, i + 1 + (i % 4), BigInt(i + 1))], i % 5 === 0 ? {} : { details });
    }),
  );
  const [captured, voided, halfVoided] = [await hold('h1'), await hold('h2'), await hold('h3')];
  const expired = await hold('h4', {}, { expiresAt: '2099-01-01T00:00:00.000Z' });
  await hold('h5', { effectiveAt: PAST, metadata: { kept: 'open' } });
  const parts = [{ leg: 0, amount: 30n }];
  const captures = [
    { hold: captured, parts, final: false, details: { effectiveAt: PAST, reference: 'capture' } },
    { hold: captured, parts, final: true },
    { hold: captured, final: false },
    { hold: halfVoided, parts, final: false },
  ];
  for (const [n, capture] of captures.entries())
    await intake.capture({ tenant, key: `c${n}`, ...capture }, TEST_ORIGIN);
  for (const [n, id] of [voided, halfVoided, halfVoided].entries())
    await intake.void({ tenant, key: `v${n}`, hold: id }, TEST_ORIGIN);
  await router.submit(account(0).shard, { kind: 'expire', tenant, hold: expired }, TEST_ORIGIN);
  const { id: original } = await post('orig', [leg(0, 2, 70n)], { details: { effectiveAt: PAST } });
  const reversal = { tenant, original, parts: [{ leg: 0, amount: 20n }] };
  await intake.reverse({ ...reversal, key: 'r1' }, TEST_ORIGIN);
  await intake.reverse({ ...reversal, key: 'r2', parts: [{ leg: 0, amount: 51n }] }, TEST_ORIGIN);
  // Refused on the spot, by the coordinator of a saga, and by the other shard.
  await post('poor', [leg(1, 0, 10n ** 12n)]);
  await post('poor across', [leg(1, 3, 10n ** 12n)]);
  await post('poor there', [leg(0, 5, 1n), leg(4, 5, 10n ** 12n)], { details: { effectiveAt: PAST } });
  await intake.burnKey(tenant, 'never used', TEST_ORIGIN);
  const change = { status: 'frozen' } as const;
  await intake.changeAccount({ tenant, key: 'freeze', account: account(5).id, change }, TEST_ORIGIN);
  const items = [{ legs: [leg(0, 1, 5n)] }, { legs: [leg(1, 0, 10n ** 12n)] }];
  await intake.transferBatch({ tenant, key: 'linked', items, linked: true }, TEST_ORIGIN, { waitMs: 0 });
  await askInAdvance(cluster, leg, PAST);
}

/** Applies journals to an empty model, shard by shard in the order and the sizes given. */
async function feedBy({ pool }: SearchModel, turns: readonly (readonly [number, number])[]): Promise<void> {
  const cursors = SHARDS.map((shard) => new JournalCursor(cluster.shards.name, shard, JOURNAL_START));
  for (const shard of SHARDS) await openPosition(pool, shard);
  const rest = SHARDS.map((shard) => [shard, Number.MAX_SAFE_INTEGER] as const);
  for (const [shard, count] of [...turns, ...rest]) {
    const cursor = cursors[shard];
    const after = cursor?.at.seq ?? 0;
    const events = cursor?.take((journals[shard] ?? []).slice(after, after + count)).events ?? [];
    if (cursor === undefined || events.length === 0) continue;
    await applyBatch(pool, { shard, after, events, position: cursor.at, kafkaOffset: 0 });
  }
}

async function everyTransfer(query: TransferQuery = {}, tenant = cluster.tenant): Promise<FoundTransfer[]> {
  const found: FoundTransfer[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page: Page<FoundTransfer> = await model.reader.transfers(tenant, {
      ...query,
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.items);
    cursor = page.nextCursor;
  }
  return found;
}

/** What was posted to an account with an effective time at or before one, straight from the texts of the journal. */
function effectiveBalance(id: AccountId, at: string): bigint {
  let balance = 0n;
  for (const texts of journals) {
    const said = new Map<string, string | undefined>();
    for (const text of texts) {
      const { time, data } = JSON.parse(text);
      if (data.effective_at !== undefined) said.set(data.transfer, data.effective_at);
      const effective = Date.parse(said.get(data.transfer) ?? time);
      if (effective > Date.parse(at)) continue;
      for (const { account: of, before, after } of data.entries ?? []) {
        if (of === id) balance += BigInt(after[1]) - BigInt(before[1]) - BigInt(after[0]) + BigInt(before[0]);
      }
    }
  }
  return balance;
}

beforeAll(async () => {
  cluster = await startSagaCluster(SHARDS.length);
  cluster.startWorker();
  cluster.startPumps();
  await cluster.startRelays();
  model = await createSearchModel();
  feeder = feederOf(model);
  feeder.start();
  accounts = await openAccounts(cluster.tenant);
  await work();
  other = await cluster.shards.tenant('globex', 'spread');
  const own = accounts;
  accounts = await openAccounts(other);
  const details = { reference: 'ref-1', metadata: { order: '1' } };
  await post('k1', [leg(0, 3, 999n)], { tenant: other, details });
  accounts = own;
  await caughtUp(model);
  const { kafkaOptions } = testKafka();
  journals = await Promise.all(SHARDS.map((shard) => readJournal(kafkaOptions, cluster.shards.name, shard)));
});
afterAll(async () => {
  await feeder.stop();
  await model.close();
  await cluster.close();
});

describe('the read model', () => {
  it('says of every transfer what its shard says of it', async () => {
    const found = await everyTransfer();
    expect(found.length).toBeGreaterThan(160);
    for (const { effectiveAt, ...one } of found) {
      const view = await cluster.ledger.reader.transfer(cluster.tenant, one.id);
      const { effectiveAt: said, reference, metadata } = view?.details ?? {};
      const { kind, status, endedAt } = one;
      expect({ ...view, reference, metadata }).toMatchObject(one);
      const posted = status === 'posted' && kind !== 'hold' ? endedAt : undefined;
      expect(effectiveAt).toBe(said === undefined ? posted : new Date(said).toISOString());
    }
    const kinds = new Set(found.map(({ kind, status }) => `${kind} ${status}`));
    expect([...kinds].sort().join()).toBe(
      'capture posted,capture rejected,hold canceled,hold expired,hold held,hold posted,' +
        'reversal posted,reversal rejected,transfer canceled,transfer posted,transfer rejected,transfer scheduled',
    );
  });

  it('sums accounts by what their references begin with, as their shards have them', async () => {
    const { tenant, ledger } = cluster;
    const now = await Promise.all(accounts.map(({ id }) => ledger.reader.account(tenant, id)));
    const expected = (which: readonly number[]) => {
      const of = which.map((n) => now[n]?.counters);
      const sum = (field: 'debitsPosted' | 'creditsPosted' | 'debitsPending' | 'creditsPending'): bigint =>
        of.reduce((total, counters) => total + (counters?.[field] ?? 0n), 0n);
      const [debits, credits] = [sum('debitsPosted'), sum('creditsPosted')];
      const pending = { debitsPending: sum('debitsPending'), creditsPending: sum('creditsPending') };
      return [{ asset: CZK, accounts: which.length, debits, credits, balance: credits - debits, ...pending }];
    };
    const sums = async (prefix: string) => (await model.reader.sums(tenant, { prefix })).items;
    expect(await sums('merchants:acme:')).toEqual(expected([0, 1, 3]));
    // Nothing in a prefix is a pattern.
    expect(await sums('merchants:acme_')).toEqual(expected([2]));
    expect(await sums('')).toEqual(expected([0, 1, 2, 3, 4]));
    expect(await sums('%')).toEqual([]);
    const { rows } = await model.pool.query("SELECT id FROM accounts WHERE status = 'frozen'");
    expect(rows.map(({ id }) => `acc_${id.replaceAll('-', '')}`)).toEqual([account(5).id]);
  });

  it('has balances as of any effective time', async () => {
    const times = journals.flat().flatMap((text) => {
      const { time, data } = JSON.parse(text);
      return [time, ...(data.effective_at === undefined ? [] : [data.effective_at])] as string[];
    });
    const shifts = fc.constantFrom(-1, 0, 1, 86_400_000);
    await fc.assert(
      fc.asyncProperty(fc.nat(5), fc.constantFrom(...times), shifts, async (n, time, shift) => {
        const at = new Date(Date.parse(time) + shift).toISOString();
        const { id } = account(n);
        const found = await model.reader.balanceAt(cluster.tenant, id, at);
        expect(found).toMatchObject({ account: id, asset: CZK, at, balance: effectiveBalance(id, at) });
      }),
      { numRuns: 150 },
    );
    for (const { id } of accounts) {
      const counters = (await cluster.ledger.reader.account(cluster.tenant, id))?.counters;
      const last = await model.reader.balanceAt(cluster.tenant, id, '9999-12-31T23:59:59Z');
      expect([last?.debits, last?.credits]).toEqual([counters?.debitsPosted, counters?.creditsPosted]);
    }
  });

  it('finds transfers by anything, page by page, newest first', async () => {
    const all = await everyTransfer();
    const times = all.flatMap(({ createdAt, effectiveAt = createdAt }) => [createdAt, effectiveAt]);
    const newestFirst = all.map(({ createdAt, id }) => `${createdAt} ${id}`);
    expect(newestFirst).toEqual([...newestFirst].sort().reverse());
    const optional = { requiredKeys: [] };
    const range = fc.record({ from: fc.constantFrom(...times), to: fc.constantFrom(...times) }, optional);
    const [order, parity] = [fc.constantFrom('1', '2', '8'), fc.constantFrom('even', 'odd')];
    const query = fc.record(
      {
        reference: fc.constantFrom('ref-1', 'ref-2', 'capture', 'none'),
        account: fc.constantFrom(...accounts.map(({ id }) => id)),
        status: fc.constantFrom(
          'posted',
          'rejected',
          'held',
          'canceled',
          'expired',
          'processing',
          'scheduled',
        ),
        kind: fc.constantFrom('transfer', 'hold', 'capture', 'reversal'),
        created: range,
        effective: range,
        metadata: fc.record({ order, parity }, optional),
        limit: fc.constantFrom(1, 2, 7, 1_000),
      },
      optional,
    );
    const inRange = (time: string | undefined, { from, to }: { from?: string; to?: string } = {}): boolean =>
      (from === undefined && to === undefined) ||
      (time !== undefined && time >= (from ?? time) && time <= (to ?? time));
    const matches = (one: FoundTransfer, q: TransferQuery): boolean =>
      (q.reference ?? one.reference) === one.reference &&
      (q.status ?? one.status) === one.status &&
      (q.kind ?? one.kind) === one.kind &&
      (q.account === undefined ||
        one.legs.some(({ debit, credit }) => [debit, credit].includes(q.account ?? debit))) &&
      Object.entries(q.metadata ?? {}).every(([name, value]) => one.metadata?.[name] === value) &&
      inRange(one.createdAt, q.created) &&
      inRange(one.effectiveAt, q.effective);
    await fc.assert(
      fc.asyncProperty(query, async (q) => {
        const asked = q as TransferQuery;
        expect(await everyTransfer(asked)).toEqual(all.filter((one) => matches(one, asked)));
      }),
      { numRuns: 150 },
    );
  });

  it('P10: shows no tenant what another has, though names and keys are the same', async () => {
    const [only, ...rest] = await everyTransfer({ reference: 'ref-1' }, other);
    expect(rest).toEqual([]);
    expect(only).toMatchObject({ metadata: { order: '1' }, legs: [{ amount: 999n }] });
    expect((await everyTransfer({}, other)).map(({ id }) => id)).toEqual([only?.id]);
    expect(await everyTransfer({ account: account(0).id }, other)).toEqual([]);
    expect(await model.reader.balanceAt(other, account(0).id, '2030-01-01T00:00:00Z')).toBeUndefined();
    const [sum] = (await model.reader.sums(other, { prefix: 'merchants:acme:' })).items;
    expect(sum).toMatchObject({ accounts: 3, debits: 999n, credits: 999n });
  });

  it('tells how far each journal is in, and shows no in-transit account', async () => {
    const { lag } = await model.reader.transfers(cluster.tenant, { limit: 1 });
    const last = journals.map((texts) => JSON.parse(texts.at(-1) ?? '{}'));
    expect(lag).toEqual(
      SHARDS.map((shard) => ({ shard, sequence: journals[shard]?.length, time: last[shard].time })),
    );
    const inTransit = journals.flat().flatMap((text) => {
      const { data } = JSON.parse(text);
      return data.kind === 'in_transit' ? [data.account as AccountId] : [];
    });
    expect(inTransit.length).toBeGreaterThan(2);
    const { rows } = await model.pool.query(
      `SELECT id FROM accounts WHERE id = ANY ($1::uuid[]) UNION SELECT account FROM entries WHERE account = ANY ($1::uuid[])
       UNION SELECT account FROM day_sums WHERE account = ANY ($1::uuid[]) UNION SELECT tag FROM tags WHERE tag = ANY ($1::uuid[])`,
      [inTransit.map((id) => id.slice(4))],
    );
    expect(rows).toEqual([]);
    expect((await model.pool.query('SELECT * FROM open_parts')).rows).toEqual([]);
  });
});

describe('P7: feeding it', () => {
  it('comes to the same rows in whatever order and pieces the journals come in', async () => {
    const whole = await dump(model);
    expect(whole.length).toBeGreaterThan(500);
    const model2 = await createSearchModel();
    const turns = fc.array(fc.tuple(fc.nat(1), fc.integer({ min: 1, max: 60 })), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(turns, async (some) => {
        await feederOf(model2).reset();
        await feedBy(model2, some);
        expect(await dump(model2)).toEqual(whole);
      }),
      {
        numRuns: 12,
        examples: [[[[0, 10 ** 6]]], [[[1, 10 ** 6]]], [Array.from({ length: 400 }, (_, i) => [i % 2, 1])]],
      },
    );
    await model2.close();
  });
});
