import fc from 'fast-check';
import { decide } from '../../src/domain/decide.js';
import { evolve } from '../../src/domain/evolve.js';
import { MemoryState } from '../../src/domain/state.js';
import { encodeEvent } from '../../src/journal/encode.js';
import { GENESIS_HASH } from '../../src/journal/envelope.js';
import { hashOf } from '../../src/journal/hash.js';
import { ACCOUNTS, FUNDING, ledgerCommand, SHARD } from './ledger-commands.js';

/** A journal of a few hundred commands, every kind of event in it. */
export function someJournal(seed: number): string[] {
  const state = new MemoryState(SHARD);
  const texts: string[] = [];
  let prev = GENESIS_HASH;
  const commands = fc.sample(ledgerCommand, { numRuns: 200, seed });
  for (const command of [
    { kind: 'open_shard', cluster: 'test', buckets: [[0, 4095]] } as const,
    ...ACCOUNTS,
    ...FUNDING,
    ...commands,
  ]) {
    for (const event of decide(state, command, texts.length + 1).events) {
      const at = {
        cluster: 'test',
        shard: SHARD,
        seq: texts.length + 1,
        time: '2026-01-01T00:00:00.000Z',
        prev,
      };
      const text = encodeEvent(event, { actor: 'system:test' }, at);
      evolve(state, event, at.seq);
      texts.push(text);
      prev = hashOf(text);
    }
  }
  return texts;
}
