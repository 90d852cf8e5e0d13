import { connected } from '../support/measure.js';

/** That the books of a shard are right: sides equal, versions without a gap, one entry on each side of each event. */
export async function checkBooks(url: string): Promise<void> {
  const client = await connected(url);
  try {
    const { rows } = await client.query<{
      debits: string;
      credits: string;
      gaps: string;
      events: string;
      head: string;
    }>(`
      WITH last AS (
        SELECT DISTINCT ON (account) account, version, debits_posted, credits_posted, debits_pending, credits_pending
          FROM entries ORDER BY account, version DESC),
      counted AS (SELECT account, count(*) AS entries FROM entries GROUP BY account)
      SELECT coalesce(sum(debits_posted), 0) AS debits, coalesce(sum(credits_posted), 0) AS credits,
             count(*) FILTER (WHERE version <> entries) AS gaps,
             (SELECT count(*) FROM events) AS events, (SELECT seq FROM head) AS head
        FROM last JOIN counted USING (account)`);
    const [found] = rows;
    if (
      found === undefined ||
      found.debits !== found.credits ||
      found.gaps !== '0' ||
      found.events !== found.head
    ) {
      throw new Error(`the books are wrong: ${JSON.stringify(found)}`);
    }
  } finally {
    await client.end();
  }
}
