import { existsSync, readFileSync, rmSync } from 'node:fs';
import { appendFile, chown, mkdir, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identifyProcess } from '../process-identity.js';
import { lastLines, run } from '../run.js';
import { explainFileError, StackError } from '../stack-error.js';
import type { StartContext } from '../start-context.js';
import { terminate } from '../terminate.js';
import type { PostgresBinaries } from './binaries.js';
import type { ServerUser } from './server-user.js';
import { postgresSettings } from './settings.js';

export const SUPERUSER = 'saldo';

/** Makes the server's data folder if it is not there, and brings its settings up to date. */
export async function preparePostgresData(
  context: StartContext,
  options: {
    readonly folder: string;
    readonly label: string;
    readonly binaries: PostgresBinaries;
    readonly user: ServerUser;
  },
): Promise<void> {
  const { folder, user } = options;
  try {
    if (!existsSync(join(folder, 'PG_VERSION'))) await initialise(context, options);
    await removeStalePid(folder);
    await writeOwned(join(folder, 'saldo.conf'), postgresSettings(), user);
  } catch (error) {
    throw explainFileError(error, 'start the stack');
  }
}

async function initialise(
  context: StartContext,
  options: Parameters<typeof preparePostgresData>[1],
): Promise<void> {
  const { folder, label, binaries, user } = options;
  context.onProgress(`${label}: creating its data folder`);
  // Made under another name, so that one that was interrupted is never taken for whole.
  const unfinished = `${folder}.new`;
  const passwordFile = `${folder}.password`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  if (user.uid !== undefined) await chown(unfinished, user.uid, user.gid);
  await writeOwned(passwordFile, context.record.state.password, user);
  try {
    const result = await run(
      context,
      binaries.initdb,
      [
        `--pgdata=${unfinished}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-instructions',
      ],
      { ...user, cwd: unfinished },
    );
    if (result.kind === 'missing')
      throw new StackError(`${label}: ${binaries.initdb} cannot be run by the server's user.`);
    if (result.exitCode !== 0) throw initdbFailure(label, result.output);
    await appendFile(join(unfinished, 'postgresql.conf'), "\ninclude_if_exists = 'saldo.conf'\n");
    await rename(unfinished, folder);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

function initdbFailure(label: string, output: string): StackError {
  if (/no space left on device|disk quota exceeded/i.test(output)) {
    return new StackError(`${label} found the disk full: free some space, then start again.`);
  }
  return new StackError(`${label}: initdb failed. Its output ends so:\n${lastLines(output, 8)}`);
}

async function writeOwned(file: string, text: string, user: ServerUser): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  if (user.uid !== undefined) await chown(file, user.uid, user.gid);
}

/**
 * A crash leaves postmaster.pid behind; Postgres takes any living process of that number for its predecessor and
 * refuses to start. A server that still works on this very folder is ended, anything else is not a reason to wait.
 */
async function removeStalePid(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  if (!existsSync(file)) return;
  const found = identifyProcess(Number(readFileSync(file, 'utf8').split('\n')[0]));
  if (found && (await worksOn(found.pid, folder))) await terminate([{ ...found, stopSignal: 'SIGINT' }]);
  rmSync(file, { force: true });
}

// Only Linux tells where a process works; elsewhere Postgres's own check decides.
async function worksOn(pid: number, folder: string): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(folder));
  } catch {
    return false;
  }
}
