import type pg from 'pg';
import { expect } from 'vitest';
import { hashOf } from '../../src/journal/hash.js';

/** What must hold of a shard whatever happened to it: P1, P2 and the chain, straight from its tables. */
export async function checkBooks(owner: pg.Pool): Promise<{ events: number; entries: number }> {
  const { rows: events } = await owner.query<{ seq: string; body: string }>(
    'SELECT seq, body FROM events ORDER BY seq',
  );
  let prev = '0'.repeat(64);
  events.forEach(({ seq, body }, index) => {
    expect(Number(seq)).toBe(index + 1);
    expect(JSON.parse(body).prev).toBe(prev);
    prev = hashOf(body);
  });
  const { rows: heads } = await owner.query("SELECT seq, encode(hash, 'hex') AS hash FROM head");
  expect(heads).toEqual([{ seq: String(events.length), hash: prev }]);
  const { rows: gaps } = await owner.query(
    `SELECT account FROM entries GROUP BY account HAVING count(*) <> max(version) OR min(version) <> 1`,
  );
  expect(gaps).toEqual([]);
  const { rows: sums } = await owner.query<{
    posted: string | null;
    pending: string | null;
    entries: string;
  }>(
    `SELECT sum(debits_posted - credits_posted) AS posted, sum(debits_pending - credits_pending) AS pending,
            sum(version) AS entries
       FROM (SELECT DISTINCT ON (account) * FROM entries ORDER BY account, version DESC) last`,
  );
  expect(Number(sums[0]?.posted ?? 0)).toBe(0);
  expect(Number(sums[0]?.pending ?? 0)).toBe(0);
  return { events: events.length, entries: Number(sums[0]?.entries ?? 0) };
}
