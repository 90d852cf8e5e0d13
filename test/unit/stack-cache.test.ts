import { mkdirSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Artefact, cached } from '../../src/stack/cache.js';
import { StackError } from '../../src/stack/stack-error.js';
import { type TestStart, testStart } from '../support/stack-context.js';

let start: TestStart;
let fetches: number;
let tool: Artefact;

beforeEach(() => {
  start = testStart();
  fetches = 0;
  tool = {
    name: 'tool-1',
    label: 'Tool 1',
    fetch: async (folder) => {
      fetches++;
      await writeFile(join(folder, 'program'), 'the program');
      await symlink('program', join(folder, 'link'));
    },
  };
});
afterEach(() => start.close());

test('is fetched once', async () => {
  const folder = await cached(start.context, tool);
  expect(await cached(start.context, tool)).toBe(folder);
  expect(fetches).toBe(1);
  expect(readdirSync(start.context.paths.cacheDir)).toEqual(['tool-1']);
});

test('two starts at once fetch it once', async () => {
  const [one, other] = await Promise.all([cached(start.context, tool), cached(start.context, tool)]);
  expect(one).toBe(other);
  expect(fetches).toBe(1);
  expect(start.progress.join()).toContain(`waiting for process ${process.pid}`);
});

test.each([
  ['cut short', (folder: string) => truncateSync(join(folder, 'program'), 3)],
  ['of the same size but changed', (folder: string) => writeFileSync(join(folder, 'program'), 'The program')],
  ['without one of its files', (folder: string) => rmSync(join(folder, 'program'))],
  ['without one of its links', (folder: string) => rmSync(join(folder, 'link'))],
  ['without its manifest', (folder: string) => rmSync(join(folder, 'manifest.json'))],
])('a copy %s is noticed and fetched again', async (_, damage) => {
  const folder = await cached(start.context, tool);
  damage(folder);
  await cached(start.context, tool);
  expect(fetches).toBe(2);
  expect(start.progress.join()).toContain('the cached copy is damaged');
});

test('a file that was only touched is still good', async () => {
  const folder = await cached(start.context, tool);
  utimesSync(join(folder, 'program'), 1, 1);
  await cached(start.context, tool);
  expect(fetches).toBe(1);
});

test('what a killed process left unfinished is swept away', async () => {
  const { cacheDir } = start.context.paths;
  mkdirSync(join(cacheDir, '.tool-1.unfinished'));
  writeFileSync(join(cacheDir, '.tool-1.unfinished', 'program'), 'the pro');
  writeFileSync(join(cacheDir, 'tool-1.lock'), JSON.stringify({ pid: process.pid, startedAt: 'then' }));
  await cached(start.context, tool);
  expect(readdirSync(cacheDir)).toEqual(['tool-1']);
});

test('a failed fetch leaves nothing behind', async () => {
  const fetch = async (folder: string) => {
    await writeFile(join(folder, 'program'), 'the pro');
    throw Object.assign(new Error('no space'), { code: 'ENOSPC', path: folder });
  };
  const fetching = cached(start.context, { ...tool, fetch });
  await expect(fetching).rejects.toThrow(StackError);
  await expect(fetching).rejects.toThrow(/disk is full.*free some space/);
  expect(readdirSync(start.context.paths.cacheDir)).toEqual([]);
});
