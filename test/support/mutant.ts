import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { packageRoot } from '../../src/config/package-root.js';
import type { Kernel } from './kernel-checker.js';
import type { Mutation } from './kernel-mutations.js';

const DOMAIN = join(packageRoot(), 'src', 'domain');
const options = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext };

export interface Mutant {
  readonly kernel: Kernel;
  dispose(): void;
}

/**
 * A copy of src/domain with the mutation in it, or without any, compiled and loaded.
 * @throws Error if the place to change is not there exactly once
 */
export async function mutantOf(mutation?: Mutation): Promise<Mutant> {
  // Below the package, where the copy finds the package's dependencies.
  const parent = join(packageRoot(), 'dist');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'mutant-'));
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    for (const file of readdirSync(DOMAIN).filter((name) => name.endsWith('.ts'))) {
      const source = readFileSync(join(DOMAIN, file), 'utf8');
      const text = file === mutation?.file ? changed(source, mutation) : source;
      const { outputText } = ts.transpileModule(text, { compilerOptions: options });
      writeFileSync(join(folder, file.replace(/\.ts$/, '.js')), outputText);
    }
    const load = (file: string) => import(/* @vite-ignore */ pathToFileURL(join(folder, file)).href);
    const [{ decide }, { evolve }] = await Promise.all([load('decide.js'), load('evolve.js')]);
    return { kernel: { decide, evolve }, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

function changed(source: string, { find, replace, file }: Mutation): string {
  const pieces = source.split(find);
  if (pieces.length !== 2) throw new Error(`${pieces.length - 1} places in ${file} are: ${find}`);
  return pieces.join(replace);
}
