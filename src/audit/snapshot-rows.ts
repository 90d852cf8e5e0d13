/** A row as text columns, in a fixed order, so that two rows are equal when their texts are. */
export type RowText = string;

/** Tables whose rows each come from one event; how a row is written as text, in the order it stands in the event. */
export const SNAPSHOT_ROWS = {
  events: `SELECT seq, concat_ws(' ', tenant, body) AS row FROM events WHERE seq > $1 AND seq <= $2 ORDER BY seq`,
  entries: `SELECT seq, concat_ws(' ', replace(account::text, '-', ''), version, ordinal, tenant,
                   debits_posted, credits_posted, debits_pending, credits_pending,
                   (extract(epoch FROM at) * 1000)::bigint) AS row
              FROM entries WHERE seq > $1 AND seq <= $2 ORDER BY seq, ordinal`,
  steps: `SELECT seq, concat_ws(' ', replace(id::text, '-', ''), step, tenant) AS row
            FROM steps WHERE seq > $1 AND seq <= $2 ORDER BY seq, step, id`,
  links: `SELECT seq, concat_ws(' ', replace(parent::text, '-', ''), tenant) AS row
            FROM links WHERE seq > $1 AND seq <= $2 ORDER BY seq`,
  signing_keys: `SELECT seq, id AS row FROM signing_keys WHERE seq > $1 AND seq <= $2 ORDER BY seq`,
  checkpoints: `SELECT seq, concat_ws(' ', number, first, last, root) AS row
                  FROM checkpoints WHERE seq > $1 AND seq <= $2 ORDER BY seq`,
} as const;

export type SnapshotTable = keyof typeof SNAPSHOT_ROWS;
export const SNAPSHOT_TABLES = Object.keys(SNAPSHOT_ROWS) as SnapshotTable[];
