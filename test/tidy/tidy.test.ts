import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';

/** House rules that no reviewer has to check. */
const root = packageRoot();
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /^(src|workflows|test)\/.*\.ts$/.test(file));
const ours = tracked.filter((file) => !file.startsWith('test/'));
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

const cruise = (...paths: readonly string[]) => {
  const args = ['--config', '.dependency-cruiser.cjs', ...paths];
  return spawnSync(join('node_modules', '.bin', 'depcruise'), args, { cwd: root, encoding: 'utf8' });
};

describe('tidy', () => {
  it('sees the files', () => {
    expect(ours.length).toBeGreaterThan(100);
  });

  it('no file is longer than 400 lines', () => {
    expect(tracked.filter((file) => textOf(file).split('\n').length > 400)).toEqual([]);
  });

  it('files are named in kebab-case', () => {
    expect(
      tracked.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.ts$/.test(basename(file))),
    ).toEqual([]);
  });

  it('only src/config reads the environment', () => {
    const readers = ours.filter(
      (file) => textOf(file).includes('process.env') && !file.startsWith('src/config/'),
    );
    expect(readers).toEqual([]);
  });

  it('no test is skipped, focused or left for later', () => {
    const off = /\b(it|test|describe)\.(skip|only|todo|skipIf|runIf|fails)\b|\bretry:/;
    const found = tracked.filter(
      (file) => file.endsWith('.test.ts') && !file.startsWith('test/tidy/') && off.test(textOf(file)),
    );
    expect(found).toEqual([]);
  });

  it('the kernel has no clock, no chance and no I/O', () => {
    const impure = /\bDate\b|Math\.random|node:(?!crypto)|\basync\b|\bawait\b|randomBytes|randomUUID/;
    expect(ours.filter((file) => file.startsWith('src/domain/') && impure.test(textOf(file)))).toEqual([]);
  });

  it('no checks are switched off', () => {
    const off = /@ts-(ignore|nocheck|expect-error)|biome-ignore/;
    expect(tracked.filter((file) => !file.startsWith('test/tidy/') && off.test(textOf(file)))).toEqual([]);
  });

  it('migrations that were released are never edited: the journal lists each once, in order', () => {
    for (const kind of ['shard', 'control']) {
      const text = textOf(`migrations/${kind}/meta/_journal.json`);
      const { entries } = JSON.parse(text) as { entries: { idx: number; when: number }[] };
      expect(entries.map(({ idx }) => idx)).toEqual(entries.map((_, i) => i));
      expect(entries.map(({ when }) => when)).toEqual(entries.map(({ when }) => when).sort((a, b) => a - b));
    }
  });
});

describe('the arrows point one way', () => {
  it('and the check sees every module', () => {
    const { status, stdout } = cruise('src', 'workflows');
    const [, modules = '0'] = /\((\d+) modules/.exec(stdout) ?? [];
    expect(status).toBe(0);
    expect(Number(modules)).toBeGreaterThanOrEqual(ours.length);
  });

  // A checker that sees nothing passes: these must not.
  describe('and a planted violation', () => {
    const violations = [
      ['src/domain', "import '../../posting/shard-writer.js';"],
      ['src/audit', "import '../../domain/decide.js';"],
      ['src/relay', "import '../../posting/shard-writer.js';"],
      ['workflows', "import '../../src/domain/decide.js';"],
    ] as const;
    let found: ReturnType<typeof cruise>;

    beforeAll(() => {
      const planted = violations.map(([folder]) => join(root, folder, 'planted'));
      try {
        for (const [index, [, line]] of violations.entries()) {
          mkdirSync(planted[index] ?? '');
          writeFileSync(join(planted[index] ?? '', 'violation.ts'), line);
        }
        found = cruise(...violations.map(([folder]) => `${folder}/planted`));
      } finally {
        for (const folder of planted) rmSync(folder, { recursive: true, force: true });
      }
    });

    it.each(violations)('in %s is found', (folder) => {
      expect(found.stdout).toMatch(new RegExp(`error [^\\n]*: ${folder}/planted/violation\\.ts`));
      expect(found.status).not.toBe(0);
    });
  });
});
