import type { AbortedTransaction, FetchedMessage } from 'kafkajs/src/cluster/index.js';

/** Key of the marker that ends an aborted transaction: version 0, type 0. */
const ABORT = Buffer.from([0, 0, 0, 0]);

/**
 * What a reader of committed records may see of a fetch: no markers, nothing of aborted transactions. kafkajs's own filter
 * takes the broker's list for one in the order of the transactions' first records and enters one of them a record; the list
 * is in the order of their ends, so where several producers write one partition what was aborted shows up.
 */
export function committedMessages(
  messages: readonly FetchedMessage[],
  aborted: readonly AbortedTransaction[],
): FetchedMessage[] {
  const coming = [...aborted].sort((a, b) => Number(a.firstOffset) - Number(b.firstOffset));
  const inside = new Set<string>();
  return messages.filter(({ offset, key, isControlRecord, batchContext }) => {
    const { producerId, inTransaction } = batchContext;
    for (
      let [next] = coming;
      next !== undefined && Number(offset) >= Number(next.firstOffset);
      [next] = coming
    ) {
      inside.add(next.producerId);
      coming.shift();
    }
    if (isControlRecord) {
      if (key?.equals(ABORT) === true) inside.delete(producerId);
      return false;
    }
    return !(inTransaction && inside.has(producerId));
  });
}
