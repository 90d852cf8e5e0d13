import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { told } from '../../src/cli/told.js';
import { packageRoot, packageVersion } from '../../src/config/package-root.js';

const saldo = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const all = { ...process.env, SALDO_DIR: '/nowhere', ...env };
  const done = spawnSync(process.execPath, [join(packageRoot(), 'bin', 'saldo.js'), ...args], {
    env: all,
    encoding: 'utf8',
  });
  return { status: done.status, out: done.stdout, err: done.stderr };
};

const thrown = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

test('what the system says of files and addresses is told in words', async () => {
  expect(told(await thrown(() => readFileSync('/none/such')))).toBe(
    '/none/such: there is no such file or folder',
  );
  const folder = mkdtempSync(join(tmpdir(), 'told-'));
  expect(told(await thrown(() => readFileSync(folder)))).toContain('illegal operation on a directory');
  rmSync(folder, { recursive: true });
  const first = createServer();
  await new Promise<void>((resolve) => first.listen(0, '127.0.0.1', resolve));
  const address = first.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const taken = await new Promise((resolve) =>
    createServer().once('error', resolve).listen(port, '127.0.0.1'),
  );
  first.close();
  expect(told(taken)).toBe(`127.0.0.1:${port} is taken by another process: choose another port`);
  expect(told(new Error('as it is'))).toBe('as it is');
  expect(told('a text')).toBe('a text');
});

test('what is wrong in the environment is a sentence, not a stack trace', () => {
  const asked = saldo(['saga', 'list'], { SALDO_CLUSTER: 'A_b' });
  expect(asked).toEqual({
    status: 2,
    out: '',
    err: 'saldo: SALDO_CLUSTER must be lower-case letters, digits and dashes, at most 32: "A_b"\n',
  });
});

test('without servers the command says how to start them, in that folder', () => {
  const { status, err } = saldo(['audit', 'export', '--out', '/nowhere/out', '--dir', '/some where']);
  expect(status).toBe(2);
  expect(err).toContain('no servers are running in /some where: start them with "saldo stack up --dir');
});

test('a wrong option names the command whose help tells more', () => {
  expect(saldo(['stack', 'up', '--shards', '99']).err).toBe(
    "error: option '--shards <number>' argument '99' is invalid. A number of shards from 1 to 64.\n(saldo stack --help tells more)\n",
  );
  expect(saldo(['audit', 'export'])).toMatchObject({
    status: 2,
    err: "error: required option '--out <folder>' not specified\n(saldo audit export --help tells more)\n",
  });
});

test('the version is that of the package', () => {
  expect(saldo(['--version'])).toMatchObject({ status: 0, out: `${packageVersion()}\n` });
});
