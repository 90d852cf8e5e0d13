import type { JournalRecord, PartitionReader } from './partition-reader.js';

/**
 * The last committed record of a partition, or undefined if there is none. `from`: an offset to start from, such as a
 * kept position; where nothing is found from there on, earlier starts are tried, by growing steps.
 * Exact once no transaction is open: each reading goes on until it has passed everything that is decided.
 */
export async function lastRecord(reader: PartitionReader, from?: number): Promise<JournalRecord | undefined> {
  const { first, end } = await reader.bounds();
  let start = from !== undefined && from >= first && from < end ? from : Math.max(first, end - 1);
  for (let step = 10; ; step *= 10) {
    const found = await lastFrom(reader, start, end);
    if (found !== undefined || start <= first) return found;
    start = Math.max(first, end - step);
  }
}

async function lastFrom(
  reader: PartitionReader,
  start: number,
  end: number,
): Promise<JournalRecord | undefined> {
  let last: JournalRecord | undefined;
  let offset = start;
  while (offset < end) {
    const { records, next } = await reader.read(offset);
    last = records.at(-1) ?? last;
    offset = next;
  }
  return last;
}
