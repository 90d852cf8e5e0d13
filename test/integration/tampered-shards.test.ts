import { afterAll, beforeAll, expect, it } from 'vitest';
import { trustedKeysIn } from '../../src/audit/checkpoints/signatures.js';
import type { Divergence } from '../../src/audit/divergence.js';
import { replay } from '../../src/audit/replay.js';
import { publicPem } from '../../src/journal/signing-key.js';
import { clusterWithEveryTable } from '../support/every-table.js';
import { readJournal, testKafka } from '../support/journal.js';
import { newSeed, randomFrom } from '../support/random.js';
import type { SagaCluster } from '../support/saga-cluster.js';
import { newSigner } from '../support/signed-journal.js';

/** P8: whatever row of a shard is changed, whoever does it, the audit names it. */
const seed = newSeed();
const random = randomFrom(seed);
const signer = newSigner();
const trust = trustedKeysIn(publicPem(signer));
let cluster: SagaCluster;
let journals: string[][];

const KINDS = ['altered', 'deleted', 'duplicated'] as const;
type Kind = (typeof KINDS)[number];
type Row = Readonly<Record<string, unknown>>;

const acc = ({ account, id }: Row): string => `acc_${String(account ?? id).replaceAll('-', '')}`;
const digits = ({ transfer, id }: Row): string => String(transfer ?? id).replaceAll('-', '');
const ofEvent = (table: string) => ({
  expect: (one: Row, { what, seq }: Divergence) => what === `row in ${table}` && seq === one['seq'],
});
const named = (what: string, idOf: (row: Row) => string) => ({
  expect: (one: Row, found: Divergence) => found.what.startsWith(what) && found.what.endsWith(idOf(one)),
});
/** Each table, and when the divergence that is found names a row of it. */
const TABLES: Record<string, { expect(row: Row, found: Divergence): boolean }> = {
  events: ofEvent('events'),
  entries: {
    expect: (row, found) => ofEvent('entries').expect(row, found) && found.account !== undefined,
  },
  steps: ofEvent('steps'),
  links: ofEvent('links'),
  signing_keys: ofEvent('signing_keys'),
  checkpoints: ofEvent('checkpoints'),
  accounts: { expect: (row, { account }) => account === acc(row) },
  tenants: named('tenant ', ({ id }) => String(id)),
  open_intents: named('open intent of tr_', digits),
  open_holds: named('open hold tr_', digits),
  open_reviews: named('open review tr_', digits),
  schedules: named('schedule sch_', digits),
  identity: { expect: (_, { what }) => what === 'identity of the shard' },
  head: { expect: (_, { what }) => /(of the|rows in) head$|^journal$/.test(what) },
};
/** Not of the journal: which node may write, and what keeps a table at one row. */
const LEFT_OUT = ['head.epoch', 'head.one', 'identity.one'];
const PLACES = Object.keys(TABLES).length * KINDS.length * 2;

beforeAll(async () => {
  cluster = await clusterWithEveryTable(signer);
  const { kafkaOptions } = testKafka();
  journals = await Promise.all([0, 1].map((n) => readJournal(kafkaOptions, cluster.shards.name, n)));
  for (const shard of [0, 1]) {
    // Whoever doubles rows has taken away first what forbids it.
    const { rows } = await cluster.shards.owner(shard).query<{ sql: string }>(
      `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS sql FROM pg_constraint
        WHERE contype IN ('p', 'u') AND connamespace = 'public'::regnamespace`,
    );
    for (const { sql } of rows) await asSuperuser(shard, sql);
  }
}, 120_000);
afterAll(() => cluster.close());

async function asSuperuser<R extends object>(
  shard: number,
  sql: string,
  values: readonly unknown[] = [],
): Promise<R[]> {
  const client = await cluster.shards.owner(shard).connect();
  try {
    await client.query("SET session_replication_role = 'replica'");
    return (await client.query<R>(sql, [...values])).rows;
  } finally {
    client.release();
  }
}

async function audit(): Promise<readonly Divergence[]> {
  const source = {
    async *read(shard: number) {
      yield journals[shard] ?? [];
    },
    last: async (shard: number) => journals[shard]?.at(-1),
  };
  const { divergences } = await replay({ source, shardUrls: cluster.shards.shardUrls, trust });
  return divergences;
}

/** Another value of a column, in SQL. */
function another(column: string, type: string, nullable: boolean): string {
  const by = 1 + random(3);
  // A null is another value, too, but where there is one already.
  if (nullable && random(2) === 0) return `CASE WHEN ${column} IS NULL THEN ${other()} END`;
  return other();
  function other(): string {
    if (/int|numeric/.test(type)) return `coalesce(${column}, 0) + ${by}`;
    if (type === 'uuid') return `md5(${column}::text)::uuid`;
    if (type === 'boolean') return `NOT ${column}`;
    if (type === 'bytea') return `set_byte(${column}, ${by}, 255 - get_byte(${column}, ${by}))`;
    if (type.startsWith('timestamp')) return `coalesce(${column}, now()) + interval '${by} ms'`;
    return `concat(${column}, 'x')`;
  }
}

interface Tampered {
  readonly about: string;
  /** The row as it was, and as it is now. */
  readonly rows: readonly Row[];
  restore(): Promise<unknown>;
}

async function tamper(shard: number, table: string, kind: Kind): Promise<Tampered> {
  const all = await asSuperuser<{ ctid: string; row: string }>(
    shard,
    `SELECT ctid::text, to_jsonb(t)::text AS row FROM ${table} t ORDER BY t.*::text`,
  );
  const { ctid, row } = all[random(all.length)] ?? { ctid: '', row: '{}' };
  expect(all.length, `rows in ${table} of shard ${shard}`).toBeGreaterThan(0);
  const putBack = `INSERT INTO ${table} SELECT * FROM jsonb_populate_record(NULL::${table}, $1)`;
  const remove = (at: string) => asSuperuser(shard, `DELETE FROM ${table} WHERE ctid = $1::tid`, [at]);
  const about = `${kind} in ${table} of shard ${shard}: ${row}`;
  const was = JSON.parse(row) as Row;
  if (kind === 'deleted') {
    await remove(ctid);
    return { about, rows: [was], restore: () => asSuperuser(shard, putBack, [row]) };
  }
  if (kind === 'duplicated') {
    const sql = `INSERT INTO ${table} SELECT * FROM ${table} WHERE ctid = $1::tid RETURNING ctid::text`;
    const [made] = await asSuperuser<{ ctid: string }>(shard, sql, [ctid]);
    return { about, rows: [was], restore: () => remove(made?.ctid ?? '') };
  }
  const columns = await asSuperuser<{ name: string; type: string; nullable: boolean }>(
    shard,
    `SELECT column_name AS name, data_type AS type, is_nullable = 'YES' AS nullable FROM information_schema.columns
      WHERE table_name = $1 AND table_schema = 'public' AND NOT (table_name || '.' || column_name = ANY ($2)) ORDER BY 1`,
    [table, LEFT_OUT],
  );
  const { name = '', type = '', nullable = false } = columns[random(columns.length)] ?? {};
  const [now] = await asSuperuser<{ ctid: string; row: string }>(
    shard,
    `UPDATE ${table} t SET ${name} = ${another(name, type, nullable)} WHERE ctid = $1::tid
     RETURNING ctid::text, to_jsonb(t)::text AS row`,
    [ctid],
  );
  return {
    about: `${name} ${about}, now ${now?.row}`,
    rows: [was, JSON.parse(now?.row ?? '{}')],
    restore: async () => {
      await remove(now?.ctid ?? '');
      await asSuperuser(shard, putBack, [row]);
    },
  };
}

it(`names the row that was changed, at ${PLACES} random places (seed ${seed})`, async () => {
  expect(await audit()).toEqual([]);
  const places = [0, 1].flatMap(() =>
    Object.keys(TABLES).flatMap((table) => KINDS.map((kind) => ({ table, kind, order: random(1e9) }))),
  );
  places.sort((a, b) => a.order - b.order);
  expect(places).toHaveLength(PLACES);
  // One place in each shard at a time.
  for (let n = 0; n < places.length; n += 2) {
    const pair = places.slice(n, n + 2);
    const done = await Promise.all(pair.map(({ table, kind }, shard) => tamper(shard, table, kind)));
    const found = await audit();
    for (const { restore } of done) await restore();
    expect(
      found.map(({ shard }) => shard),
      `seed ${seed}, ${done.map(({ about }) => about).join('; ')}`,
    ).toEqual([0, 1]);
    for (const [shard, { about, rows }] of done.entries()) {
      const [divergence] = found.filter((one) => one.shard === shard);
      const table = TABLES[pair[shard]?.table ?? ''];
      const right = rows.some((row) => divergence !== undefined && table?.expect(row, divergence) === true);
      expect(right, `seed ${seed}, ${about}: ${JSON.stringify(divergence)}`).toBe(true);
    }
    if (n % 20 === 0) expect(await audit()).toEqual([]);
  }
  expect(await audit()).toEqual([]);
}, 180_000);
