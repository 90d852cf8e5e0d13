import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UNSIGNED } from '../../src/domain/checkpoint.js';
import type { Command } from '../../src/domain/command.js';
import { decide } from '../../src/domain/decide.js';
import { evolve } from '../../src/domain/evolve.js';
import { GENESIS_HASH } from '../../src/journal/envelope.js';
import { BatchState } from '../../src/posting/batch-state.js';
import { computeBatch } from '../../src/posting/compute-batch.js';
import { legsOf } from '../../src/posting/submission.js';
import { Books, commandLists } from '../support/kernel-checker.js';
import { ACCOUNTS, FUNDING, LAST_BUCKET, SHARD } from '../support/ledger-commands.js';

const SETUP: readonly Command[] = [
  { kind: 'open_shard', cluster: 'test', buckets: [[0, LAST_BUCKET]] },
  ...ACCOUNTS,
  ...FUNDING,
];

it('P4: a batch answers each command whole, as the kernel decided it: what a repeat is told was told before', async () => {
  let reasons = 0;
  const asKernel = fc.asyncProperty(commandLists, async (commands) => {
    const state = new BatchState(SHARD);
    state.setSigning(UNSIGNED);
    const submissions = [...SETUP, ...commands].map((command, order) => ({
      command,
      order,
      origin: { actor: 'system:test' },
      dry: false,
      legs: legsOf(command),
      giveUpAtMs: Number.POSITIVE_INFINITY,
      resolve: () => undefined,
      reject: () => undefined,
    }));
    const head = { seq: 0, hash: GENESIS_HASH, timeMs: 0, epoch: 1, writerVersion: 1 };
    const who = { cluster: 'test', epoch: 1, writer: 1 };
    const { answers } = await computeBatch(state, head, submissions, 0, who);
    const books = new Books({ decide, evolve });
    commands.forEach((command, index) => {
      const answer = answers[SETUP.length + index];
      if (answer === undefined || answer instanceof Error) throw new Error(`no answer: ${answer}`);
      const { written: _, ...told } = answer;
      expect(told).toEqual(books.put(command));
      if ('reason' in told && told.result === 'done') reasons += 1;
    });
  });
  await fc.assert(asKernel, { numRuns: 400 });
  expect(reasons).toBeGreaterThan(0);
});
