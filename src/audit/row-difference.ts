/** A row as text, and the event that it comes from. */
export interface SeqRow {
  readonly seq: number;
  readonly row: string;
}

/** The first event whose rows differ; undefined for a row that only one side has. */
export interface RowDifference {
  readonly seq: number;
  readonly expected: string | undefined;
  readonly found: string | undefined;
}

/** Compares the rows of the same events, both in the order of their sequences; how often a row stands there counts. */
export function firstDifference(
  wanted: readonly SeqRow[],
  found: readonly SeqRow[],
): RowDifference | undefined {
  const length = Math.max(wanted.length, found.length);
  let at = 0;
  while (at < length && wanted[at]?.row === found[at]?.row && wanted[at]?.seq === found[at]?.seq) at += 1;
  if (at === length) return undefined;
  const seq = Math.min(
    wanted[at]?.seq ?? Number.POSITIVE_INFINITY,
    found[at]?.seq ?? Number.POSITIVE_INFINITY,
  );
  const of = (rows: readonly SeqRow[]): string[] => rows.flatMap((one) => (one.seq === seq ? [one.row] : []));
  const [ours, theirs] = [of(wanted), of(found)];
  return { seq, expected: without(ours, theirs)[0], found: without(theirs, ours)[0] };
}

/** Those of the first that the second has not, or not so often. */
function without(rows: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return rows.filter((row) => {
    const at = left.indexOf(row);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
