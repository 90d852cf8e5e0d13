/**
 * A row as text, its columns in a fixed order with spaces between, so that two rows are equal when their texts are. Only the
 * last column may have a space in it, and those that may be null are written as JSON: nothing of one can pass for another's.
 */
export type RowText = string;

/** Tables whose rows each come from one event; how a row is written as text, and the order in which it stands in the event. */
const TABLES = {
  events: { row: `coalesce(to_json(tenant)::text, 'null') || ' ' || body`, order: 'seq' },
  entries: {
    row: `replace(account::text, '-', '') || ' ' || version || ' ' || ordinal || ' ' || tenant || ' ' || debits_posted || ' ' ||
          credits_posted || ' ' || debits_pending || ' ' || credits_pending || ' ' || (extract(epoch FROM at) * 1000)::bigint`,
    order: 'seq, ordinal',
  },
  steps: { row: `replace(id::text, '-', '') || ' ' || step || ' ' || tenant`, order: 'seq, step, id' },
  links: { row: `replace(parent::text, '-', '') || ' ' || tenant`, order: 'seq' },
  signing_keys: { row: 'id', order: 'seq' },
  checkpoints: { row: `number || ' ' || first || ' ' || last || ' ' || root`, order: 'seq' },
} as const;

/** Stands for a row in which a column is null that never is. */
const WITH_NULL = 'a row with a null in it';

export type SnapshotTable = keyof typeof TABLES;
export const SNAPSHOT_TABLES = Object.keys(TABLES) as SnapshotTable[];

/** The rows of a table for which something holds. */
export const rowsWhere = (table: SnapshotTable, holds: string): string =>
  `SELECT seq, coalesce(${TABLES[table].row}, '${WITH_NULL}') AS row FROM ${table} WHERE ${holds} ORDER BY ${TABLES[table].order}`;

/** Rows of a table that changes in place, by what it is about. */
export const rowsInPlace = (table: string, id: string, columns: readonly string[]): string =>
  `SELECT ${id} AS id, coalesce(${columns.join(" || ' ' || ")}, '${WITH_NULL}') AS row FROM ${table}`;

/** A point in time as milliseconds. */
export const milliseconds = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::bigint`;

/** One that may be null. */
export const orNone = (column: string): string => `coalesce(${column}::text, 'none')`;
