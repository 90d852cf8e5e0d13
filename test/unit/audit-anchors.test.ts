import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { folderOfAnchors } from '../../src/audit/anchors/anchor-source.js';
import { readAnchors } from '../../src/audit/anchors/read-anchors.js';

/** P7: what is at the end of a file of anchors is still being written only while it could be one. */
const folder = mkdtempSync(join(tmpdir(), 'saldo-anchors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const read = () => readAnchors([folderOfAnchors(folder)]);

it('takes no line for an anchor that is far longer than any', async () => {
  const file = join(folder, 'shard-0.jsonl');
  writeFileSync(file, 'x'.repeat(100_000));
  expect(await read()).toMatchObject([{ shard: 0, count: 0 }]);
  writeFileSync(file, 'x'.repeat(20_000_000));
  await expect(read()).rejects.toThrow(`form of anchor 1 of ${folder}: expected an anchor of format 1`);
});
