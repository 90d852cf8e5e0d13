import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { replay } from '../../src/audit/replay.js';
import { renderReport } from '../../src/audit/report.js';
import { packageRoot } from '../../src/config/package-root.js';
import { journalTopic } from '../../src/kafka/journal-topic.js';
import type { AccountView } from '../../src/routing/views.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { CZK } from '../support/compact-tenant.js';
import { readJournal, testKafka } from '../support/journal.js';
import { tamper as tamperWith } from '../support/rewritten.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { until } from '../support/until.js';

const NO_LIMITS = { minBalance: null, maxBalance: null };
let cluster: SagaCluster;
let accounts: AccountView[];

beforeAll(async () => {
  cluster = await startSagaCluster(2);
  cluster.startWorker();
  cluster.startPumps();
  await cluster.startRelays();
  accounts = await Promise.all([0, 0, 1, 1].map((shard, n) => cluster.open(`n${n}`, shard)));
  // One with a space in its metadata, on the second shard.
  for (let n = 0, shard = 0; shard !== 1; n += 1) {
    const named = { reference: `spaced ${n}`, metadata: { note: 'b c' } };
    const request = { tenant: cluster.tenant, key: `spaced ${n}`, asset: CZK, limits: NO_LIMITS, ...named };
    const answer = await cluster.ledger.intake.openAccount(request, TEST_ORIGIN);
    if (answer.kind === 'opened') shard = cluster.ledger.router.map.shardOf(answer.account.id);
  }
  await Promise.all(
    Array.from({ length: 120 }, (_, i) => cluster.move(`k${i}`, at(i), at(i + 1 + (i % 3)), BigInt(1 + i))),
  );
  await until('the relays have published it all', async () => (await cluster.audit()).clean);
});
afterAll(() => cluster.close());

const at = (i: number): AccountView => {
  const account = accounts[i % accounts.length];
  if (account === undefined) throw new RangeError(String(i));
  return account;
};

const journalsNow = (): Promise<string[][]> =>
  Promise.all([0, 1].map((n) => readJournal(testKafka().kafkaOptions, cluster.shards.name, n)));

/** The shard's journal as it is in Kafka, changed, and audited as if it came from there. */
async function auditWith(shard: number, change: (texts: string[]) => string[], from?: string[][]) {
  const journals = from ?? (await journalsNow());
  const changed = journals.map((texts, n) => (n === shard ? change(texts ?? []) : (texts ?? [])));
  const source = {
    async *read(n: number) {
      yield changed[n] ?? [];
    },
  };
  return replay({ source, shardUrls: cluster.shards.shardUrls });
}

const tamper = (shard: number, sql: string, values?: readonly unknown[]): Promise<void> =>
  tamperWith(cluster.shards, shard, sql, values);

describe('P8: audit replay', () => {
  it('is clean, counts every event, and finds nothing in doubt', async () => {
    const report = await cluster.audit();
    expect(report).toMatchObject({ clean: true, divergences: [], inDoubt: [] });
    expect(report.sagasEnded).toBeGreaterThan(20);
    for (const { trialBalance } of report.shards)
      for (const { debits, credits } of trialBalance) expect(debits).toBe(credits);
    expect(renderReport(report)).toContain('CLEAN');
  });

  it('agrees with the page of Python that docs/journal-format.md has', async () => {
    const { kafkaOptions } = testKafka();
    for (const { shard, hash } of (await cluster.audit()).shards) {
      const texts = await readJournal(kafkaOptions, cluster.shards.name, shard);
      const script = join(packageRoot(), 'docs', 'verify', 'verify_journal.py');
      const result = spawnSync('python3', [script], { input: `${texts.join('\n')}\n`, encoding: 'utf8' });
      expect(result).toMatchObject({ status: 0, stdout: expect.stringContaining(`last hash ${hash}`) });
    }
  });

  it('names the entry whose balance was changed in a shard', async () => {
    const { rows } = await cluster.shards
      .owner(1)
      .query<{ account: string; version: string; seq: string }>(
        'SELECT account, version, seq FROM entries ORDER BY seq LIMIT 1 OFFSET 20',
      );
    const [row] = rows;
    const where = 'WHERE account = $1 AND version = $2';
    await tamper(1, `UPDATE entries SET credits_posted = credits_posted + 1 ${where}`, [
      row?.account,
      row?.version,
    ]);
    const report = await cluster.audit();
    await tamper(1, `UPDATE entries SET credits_posted = credits_posted - 1 ${where}`, [
      row?.account,
      row?.version,
    ]);
    const account = `acc_${row?.account.replaceAll('-', '')}`;
    expect(report.divergences).toMatchObject([
      { shard: 1, seq: Number(row?.seq), account, what: 'row in entries' },
    ]);
    expect(report.clean).toBe(false);
  });

  it('names the entry that was deleted from a shard', async () => {
    const { rows } = await cluster.shards
      .owner(0)
      .query('SELECT * FROM entries ORDER BY seq LIMIT 1 OFFSET 33');
    const [row] = rows;
    await tamper(0, 'DELETE FROM entries WHERE account = $1 AND version = $2', [row.account, row.version]);
    const report = await cluster.audit();
    await tamper(0, 'INSERT INTO entries SELECT * FROM json_populate_record(NULL::entries, $1)', [
      JSON.stringify(row),
    ]);
    const account = `acc_${row.account.replaceAll('-', '')}`;
    expect(report.divergences).toMatchObject([{ shard: 0, seq: Number(row.seq), account, found: 'none' }]);
    expect((await cluster.audit()).clean).toBe(true);
  });

  it.each([
    [
      'the step under which a transfer is found',
      'UPDATE steps SET id = gen_random_uuid() WHERE seq = (SELECT max(seq) FROM steps)',
      'row in steps',
    ],
    ['steps', 'DELETE FROM steps WHERE seq = (SELECT max(seq) FROM steps)', 'row in steps'],
    [
      'events',
      "UPDATE events SET body = replace(body, 'system:test', 'system:evil') WHERE seq = 9",
      'row in events',
    ],
    [
      'accounts',
      'UPDATE accounts SET min_balance = -5 WHERE seq = (SELECT max(seq) FROM accounts)',
      'attributes of the account',
    ],
    ['the head', "UPDATE head SET hash = sha256('x')", 'hash of the head'],
    [
      'an entry outside every sequence',
      'INSERT INTO entries SELECT account, 10000, 0, at, 0, tenant, 0, 0, 0, 0 FROM entries LIMIT 1',
      'row in entries',
    ],
    [
      'an entry of no event',
      `ALTER TABLE entries ALTER seq DROP NOT NULL;
       INSERT INTO entries SELECT account, 10000, NULL, at, 0, tenant, 0, 1000000, 0, 0 FROM entries LIMIT 1`,
      'row in entries',
    ],
    [
      'an entry that is in the index by which it is spent, and not in that by which it is audited',
      `SELECT brin_summarize_new_values('entries_seq');
       UPDATE pg_index SET indisready = false WHERE indexrelid = 'entries_seq'::regclass;
       INSERT INTO entries SELECT account, version + 1, 1000000, at, 0, tenant, 0, 1000000, 0, 0
         FROM entries ORDER BY version DESC LIMIT 1;
       UPDATE pg_index SET indisready = true WHERE indexrelid = 'entries_seq'::regclass`,
      'rows in entries',
    ],
    [
      'a step of no event',
      `ALTER TABLE steps ALTER seq DROP NOT NULL; INSERT INTO steps SELECT gen_random_uuid(), 1, tenant, NULL FROM steps LIMIT 1`,
      'row in steps',
    ],
    [
      'the tenant of an event, put before its text',
      "UPDATE events SET tenant = NULL, body = tenant || ' ' || body WHERE seq = 9",
      'row in events',
    ],
    [
      'the tenant of an event, which some of its text was added to',
      `UPDATE events SET tenant = tenant || ' ' || split_part(body, ' ', 1), body = substr(body, strpos(body, ' ') + 1)
        WHERE seq = (SELECT min(seq) FROM events WHERE tenant IS NOT NULL AND body LIKE '% %')`,
      'row in events',
    ],
    [
      'the reference of an account, which some of its metadata was added to',
      `UPDATE accounts SET reference = reference || ' ' || split_part(metadata, ' ', 1), metadata = split_part(metadata, ' ', 2)
        WHERE metadata LIKE '% %'`,
      'attributes of the account',
    ],
    ['the time of an entry', "UPDATE entries SET at = at + interval '1 s' WHERE seq = 12", 'row in entries'],
    [
      'the status of an account',
      "UPDATE accounts SET status = 'closed' WHERE peer = 0",
      'attributes of the account',
    ],
    [
      'the mark for review of an account',
      'UPDATE accounts SET review_debits = true WHERE peer = 0',
      'attributes of the account',
    ],
    ['the time of the head', "UPDATE head SET time = time + interval '1 s'", 'time of the head'],
    ['the writer version', 'UPDATE head SET writer_version = 7', 'writer version of the head'],
    ['a link nobody made', 'INSERT INTO links SELECT id, seq, tenant FROM steps LIMIT 1', 'row in links'],
    [
      'a hold nobody made',
      'INSERT INTO open_holds SELECT gen_random_uuid(), tenant, now() FROM entries LIMIT 1',
      expect.stringMatching(/^open hold tr_[0-9a-f]{32}$/),
    ],
    ['the identity', "UPDATE identity SET buckets = '[[0,4095]]'", 'identity of the shard'],
    [
      'an intent nobody made',
      "INSERT INTO open_intents SELECT 1, gen_random_uuid(), tenant, '1>0', now() FROM entries LIMIT 1",
      expect.stringMatching(/^open intent of tr_[0-9a-f]{32}$/),
    ],
  ])('finds what was changed in a shard: %s', async (_name, sql, what) => {
    const copy = await snapshotOf(1);
    await tamper(1, sql);
    const report = await cluster.audit();
    await copy.restore();
    expect(report.divergences).toMatchObject([{ shard: 1, what }]);
    expect((await cluster.audit()).clean).toBe(true);
  });

  it.each<[string, string, (texts: string[]) => string[], object]>([
    ['a missing event', 'drop', (t) => [...t.slice(0, 30), ...t.slice(31)], { seq: 31, what: 'sequence' }],
    ['a doubled event', 'double', (t) => [...t.slice(0, 30), ...t.slice(29)], { seq: 31, what: 'sequence' }],
    [
      'two events swapped',
      'swap',
      (t) => [...t.slice(0, 30), t[31] ?? '', t[30] ?? '', ...t.slice(32)],
      { seq: 31, what: 'sequence' },
    ],
    ['a cut end', 'cut', (t) => t.slice(0, 40), { what: 'journal' }],
    [
      'an event that is no JSON',
      'garbage',
      (t) => [...t.slice(0, 30), '{', ...t.slice(31)],
      { seq: 31, what: 'event' },
    ],
    [
      'another actor in an event',
      'actor',
      (t) => t.with(30, (t[30] ?? '').replace('system:test', 'system:evil')),
      { seq: 31 },
    ],
    [
      'an event that the shard never wrote',
      'forge',
      (t) => [
        ...t,
        (t.at(-1) ?? '').replace(
          /"sequence":"\d+"/,
          `"sequence":"${String(t.length + 1).padStart(16, '0')}"`,
        ),
      ],
      { what: 'end of the journal' },
    ],
  ])('names %s in the journal', async (_title, _name, change, expected) => {
    const report = await auditWith(0, change);
    expect(report.divergences).toMatchObject([{ shard: 0, ...expected }]);
  });

  it('names the event, whichever byte of it was changed', async () => {
    const journals = await journalsNow();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 0x20, max: 0x7e }),
        async (which, where, code) => {
          let seq = 0;
          const report = await auditWith(
            1,
            (texts) => {
              const index = which % texts.length;
              seq = index + 1;
              const text = texts[index] ?? '';
              const at = where % text.length;
              fc.pre(text.charCodeAt(at) !== code);
              return texts.with(index, text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1));
            },
            journals,
          );
          expect(report.divergences).toMatchObject([{ shard: 1, seq }]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('P6: neither alarms nor misses a cent while sagas are on their way', async () => {
    const moves = Array.from({ length: 600 }, (_, i) =>
      cluster.move(`live${i}`, at(i), at(i + 2), BigInt(1 + i)),
    );
    let done = false;
    const ended = Promise.all(moves).finally(() => {
      done = true;
    });
    const seen: number[] = [];
    while (!done) {
      const report = await cluster.audit();
      expect(report.divergences).toEqual([]);
      seen.push(report.inDoubt.length);
    }
    await ended;
    expect(Math.max(...seen)).toBeGreaterThan(0);
    expect(await cluster.audit()).toMatchObject({ clean: true, inDoubt: [] });
  });

  it('says which shard can not be read, and keeps nothing open', async () => {
    const urls = [cluster.shards.shardUrls[0] ?? '', 'postgres://saldo@127.0.0.1:1/none'];
    const source = { async *read() {} };
    await expect(replay({ source, shardUrls: urls })).rejects.toThrow(
      /^shard 1 can not be read: .*ECONNREFUSED/,
    );
  });

  it('writes a text as the shard does, whatever is in it', async () => {
    const { rows } = await cluster.shards.owner(0).query<{ code: number; text: string }>(
      `SELECT code, to_json('a' || chr(code) || '"')::text AS text FROM generate_series(1, 131071) AS code
        WHERE code NOT BETWEEN 55296 AND 57343`,
    );
    const unlike = rows.filter(
      ({ code, text }) => text !== JSON.stringify(`a${String.fromCodePoint(code)}"`),
    );
    expect(rows).toHaveLength(131_071 - 2_048);
    expect(unlike).toEqual([]);
  });

  it('names the partition that is no shard’s', async () => {
    const admin = testKafka().kafka.admin();
    await admin.connect();
    const topic = journalTopic(cluster.shards.name);
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    await admin.disconnect();
    await until('it is there', async () => (await cluster.audit()).divergences.length > 0);
    expect((await cluster.audit()).divergences).toEqual([
      { shard: 2, what: 'journal', expected: 'none: there are 2 shards', found: 'one' },
    ]);
  });

  // Last: what Kafka's own log has on disk is not put back.
  it('names the event of which one byte was changed in Kafka’s log', async () => {
    const { kafkaOptions } = testKafka();
    const [victim = ''] = (await readJournal(kafkaOptions, cluster.shards.name, 0)).slice(25, 26);
    const file = join(
      inject('kafkaLogDir'),
      `${journalTopic(cluster.shards.name)}-0`,
      '00000000000000000000.log',
    );
    const bytes = readFileSync(file);
    const start = bytes.indexOf(victim);
    expect(start).toBeGreaterThan(0);
    // The amount of the first leg: one digit, so that it is still JSON and still a number.
    const at = start + victim.indexOf('"amount":"') + '"amount":"'.length;
    const digit = bytes[at] ?? 0;
    bytes[at] = digit === 0x39 ? 0x38 : digit + 1;
    writeFileSync(file, bytes);
    const report = await cluster.audit();
    expect(report.clean).toBe(false);
    expect(report.divergences[0]).toMatchObject({ shard: 0, seq: 26 });
  });
});

/** The rows of a shard that a test is about to change, to be put back as they were. */
async function snapshotOf(shard: number) {
  const tables = [
    'entries',
    'steps',
    'links',
    'open_holds',
    'events',
    'accounts',
    'head',
    'identity',
    'open_intents',
  ];
  const each = (sql: (table: string) => string): Promise<void> => tamper(shard, tables.map(sql).join(';'));
  await each((table) => `CREATE TABLE copy_${table} AS TABLE ${table}`);
  return {
    restore: () =>
      each(
        (table) =>
          `DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM copy_${table}; DROP TABLE copy_${table}`,
      ),
  };
}
