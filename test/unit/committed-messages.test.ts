import type { FetchedMessage } from 'kafkajs/src/cluster/index.js';
import { describe, expect, it } from 'vitest';
import { committedMessages } from '../../src/kafka/committed-messages.js';

const record = (offset: number, producerId: string, inTransaction = true): FetchedMessage => ({
  offset: String(offset),
  key: null,
  value: Buffer.from(`${producerId}${offset}`),
  isControlRecord: false,
  batchContext: { producerId, inTransaction },
});
const marker = (offset: number, producerId: string, type: 'abort' | 'commit'): FetchedMessage => ({
  ...record(offset, producerId),
  key: Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]),
  isControlRecord: true,
});
const aborted = (producerId: string, firstOffset: number) => ({
  producerId,
  firstOffset: String(firstOffset),
});
const offsets = (messages: readonly FetchedMessage[]) => messages.map(({ offset }) => Number(offset));

describe('the committed records of a fetch', () => {
  it('are all but the markers where nothing was aborted', () => {
    const messages = [record(0, 'a'), marker(1, 'a', 'commit'), record(2, 'b', false)];
    expect(offsets(committedMessages(messages, []))).toEqual([0, 2]);
  });

  it('leave out what two producers aborted, in whatever order their transactions ended', () => {
    const messages = [
      record(0, 'a'),
      record(1, 'b'),
      marker(2, 'b', 'abort'),
      record(3, 'b'),
      marker(4, 'a', 'abort'),
      record(5, 'a'),
      marker(6, 'b', 'commit'),
      marker(7, 'a', 'commit'),
    ];
    // As brokers list them: the one that ended first comes first.
    expect(offsets(committedMessages(messages, [aborted('b', 1), aborted('a', 0)]))).toEqual([3, 5]);
  });

  it('leave out the rest of transactions that began before the fetch', () => {
    const messages = [record(30, 'b'), record(31, 'a'), marker(32, 'a', 'abort'), marker(33, 'b', 'abort')];
    expect(offsets(committedMessages(messages, [aborted('a', 24), aborted('b', 29)]))).toEqual([]);
  });
});
