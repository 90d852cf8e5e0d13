import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Arguments for node that run a script of this folder: compiled, or by tsx where the sources themselves run. */
export function scriptArguments(name: 'guard' | 'supervisor'): readonly string[] {
  const self = fileURLToPath(import.meta.url);
  const script = join(dirname(self), name + extname(self));
  if (extname(self) !== '.ts') return [script];
  return ['--import', createRequire(import.meta.url).resolve('tsx'), script];
}
