import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';
import { decide } from '../../src/domain/decide.js';
import { evolve } from '../../src/domain/evolve.js';
import { MemoryState } from '../../src/domain/state.js';
import { encodeEvent } from '../../src/journal/encode.js';
import { GENESIS_HASH } from '../../src/journal/envelope.js';
import { hashOf } from '../../src/journal/hash.js';
import { ACCOUNTS, FUNDING, ledgerCommand, SHARD } from '../support/ledger-commands.js';

const SCRIPT = join(packageRoot(), 'docs', 'verify', 'verify_journal.py');

/** A journal of a few hundred commands, every kind of event in it. */
function someJournal(seed: number): string[] {
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

const verify = (texts: readonly string[]) =>
  spawnSync('python3', [SCRIPT], { input: `${texts.join('\n')}\n`, encoding: 'utf8' });

describe('P7: the verifier of docs/journal-format.md', () => {
  it('is a page of Python', () => {
    expect(readFileSync(SCRIPT, 'utf8').trimEnd().split('\n').length).toBeLessThan(60);
  });

  it('finds journals right, with every type of event in them', () => {
    const types = new Set<string>();
    for (let seed = 1; seed <= 8; seed += 1) {
      const texts = someJournal(seed);
      for (const text of texts) types.add((JSON.parse(text) as { readonly type: string }).type);
      expect(verify(texts)).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(`${texts.length} events`),
      });
    }
    expect(types.size).toBe(23);
  });

  it.each<[string, (texts: string[]) => string[], RegExp]>([
    ['a dropped event', (t) => t.toSpliced(10, 1), /sequence 11: found sequence/],
    [
      'a changed byte',
      (t) => t.with(10, (t[10] ?? '').replace('system:test', 'system:best')),
      /sequence 12: the hash/,
    ],
    ['two swapped', (t) => t.with(10, t[11] ?? '').with(11, t[10] ?? ''), /sequence 11: found sequence/],
  ])('finds %s', (_title, change, found) => {
    const result = verify(change(someJournal(2)));
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(found);
  });
});
