import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { saldoProgram } from '../../src/cli/program.js';
import { openState } from '../../src/stack/open-state.js';
import { explainFileError, StackError } from '../../src/stack/stack-error.js';
import { readState, writeState } from '../../src/stack/state.js';
import { type TestStart, testStart } from '../support/stack-context.js';

let start: TestStart;
let lines: string[];
const onProgress = (line: string) => lines.push(line);

beforeEach(() => {
  start = testStart();
  lines = [];
});
afterEach(() => start.close());

test('only its owner can read the state, which holds the password', () => {
  const { stateFile } = start.context.paths;
  expect(statSync(stateFile).mode & 0o777).toBe(0o600);
  expect(readState(stateFile)).toEqual(start.context.record.state);
});

test.each(['', '{', 'null', '{"version":2}'])(
  'a damaged state (%j) is not taken for an empty one',
  (text) => {
    const { stateFile } = start.context.paths;
    writeFileSync(stateFile, text);
    expect(() => readState(stateFile)).toThrow(/is damaged or of another release: restore it, or delete it/);
  },
);

test('data without its state is never deleted nor used', async () => {
  const { paths, dataDir } = start.context;
  rmSync(paths.stateFile);
  writeFileSync(join(dataDir, 'precious'), '');
  const opened = await openState(paths, onProgress);
  expect(opened.dataDir).toBe(`${dataDir}-2`);
  expect(existsSync(join(dataDir, 'precious'))).toBe(true);
  expect(lines.join()).toContain(`${dataDir} holds data of an earlier stack`);
});

test('a state without its data is told', async () => {
  rmSync(start.context.dataDir, { recursive: true });
  await expect(openState(start.context.paths, onProgress)).rejects.toThrow(
    /is gone: restore it, or begin with empty/,
  );
});

test('the state moves along with its folder', async () => {
  const { paths, record, dataDir } = start.context;
  const dir = join(start.folder, 'moved');
  mkdirSync(dir);
  const absolute = { ...paths, dir, stateFile: join(dir, 'stack.json') };
  mkdirSync(join(dir, 'data'));
  writeState(absolute.stateFile, record.state);
  expect((await openState(absolute, onProgress)).dataDir).toBe(join(dir, 'data'));
  writeState(absolute.stateFile, { ...record.state, dataDir });
  expect((await openState(absolute, onProgress)).dataDir).toBe(dataDir);
});

test.each(['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS'])('%s is told with its cure', (code) => {
  const error = Object.assign(new Error('write'), { code, path: '/a/file' });
  const explained = explainFileError(error, 'start the stack');
  expect(explained).toBeInstanceOf(StackError);
  expect(String(explained)).toMatch(/\/a\/file.*then start the stack again/);
});

test('any other error stays as it is', () => {
  const error = Object.assign(new Error('read'), { code: 'EIO' });
  expect(explainFileError(error, 'start the stack')).toBe(error);
  expect(explainFileError('text', 'start the stack')).toBe('text');
});

test('each command says what it does', async () => {
  const program = await saldoProgram(['stack']);
  const stack = program.commands.find((command) => command.name() === 'stack');
  expect(stack?.commands.map((command) => command.name())).toEqual(['up', 'status', 'down', 'reset']);
  for (const command of stack?.commands ?? []) expect(command.description()).not.toBe('');
  expect(stack?.helpInformation()).toContain('without Docker');
});
