import { isRoot } from '../paths.js';
import { run } from '../run.js';
import { StackError } from '../stack-error.js';
import type { StartContext } from '../start-context.js';

/** Who runs the Postgres servers; empty for the user that runs this process. */
export type ServerUser =
  | { readonly uid: number; readonly gid: number }
  | { readonly uid?: never; readonly gid?: never };

// Postgres refuses to run as root. No user is created: these exist on practically every system.
const CANDIDATES = ['postgres', 'nobody'];

export async function serverUser(context: StartContext): Promise<ServerUser> {
  if (!isRoot) return {};
  for (const name of CANDIDATES) {
    const uid = await askId(context, '-u', name);
    const gid = await askId(context, '-g', name);
    if (uid && gid) return { uid, gid };
  }
  throw new StackError(
    `Postgres does not run as root, and this system has neither of the users ${CANDIDATES.join(' and ')}: create one (\`useradd --system postgres\`) or start the stack as an ordinary user.`,
  );
}

async function askId(context: StartContext, flag: '-u' | '-g', name: string): Promise<number | undefined> {
  const result = await run(context, 'id', [flag, name]);
  return result.kind === 'done' && result.exitCode === 0 ? Number(result.stdout) : undefined;
}
