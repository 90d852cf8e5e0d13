import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';
import { someJournal } from '../support/some-journal.js';

const SCRIPT = join(packageRoot(), 'docs', 'verify', 'verify_journal.py');

const verify = (texts: readonly string[]) =>
  spawnSync('python3', [SCRIPT], { input: `${texts.join('\n')}\n`, encoding: 'utf8' });

describe('P7: the verifier of docs/journal-format.md', () => {
  it('is a page of Python', () => {
    expect(readFileSync(SCRIPT, 'utf8').trimEnd().split('\n').length).toBeLessThan(72);
  });

  it('finds journals right, with every type of event in them', () => {
    const types = new Set<string>();
    for (let seed = 1; seed <= 20; seed += 1) {
      const texts = someJournal(seed);
      for (const text of texts) types.add((JSON.parse(text) as { readonly type: string }).type);
      expect(verify(texts)).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(`${texts.length} events`),
      });
    }
    expect(types.size).toBe(27);
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
