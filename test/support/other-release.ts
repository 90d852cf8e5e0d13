import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/config/package-root.js';

/** This package as it was built, in a folder of its own, with other workflow code. */
export function otherRelease(workflowCode: string): { readonly root: string; dispose(): void } {
  const root = mkdtempSync(join(tmpdir(), 'saldo-release-'));
  const own = packageRoot();
  for (const part of [
    'package.json',
    'bin',
    'migrations',
    'schemas',
    join('dist', 'src'),
    join('dist', 'workflows'),
  ]) {
    cpSync(join(own, part), join(root, part), { recursive: true });
  }
  symlinkSync(join(own, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'dist', 'workflow-bundle.js'), workflowCode);
  return { root, dispose: () => rmSync(root, { recursive: true, force: true }) };
}
