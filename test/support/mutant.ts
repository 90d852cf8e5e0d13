import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import ts from 'typescript';
import { packageRoot } from '../../src/config/package-root.js';
import type { SagaProtocol } from '../../workflows/saga-protocol.js';
import type { Kernel } from './kernel-checker.js';

/** A deliberate bug: the one place in a file that is `find` becomes `replace`. */
export interface Mutation {
  readonly bug: string;
  /** Its name in its folder. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const options = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext };

interface Mutant {
  readonly folder: string;
  load(file: string): Promise<unknown>;
  dispose(): void;
}

/** A copy of src/domain with the mutation in it, or without any. */
export async function domainMutant(mutation?: Mutation): Promise<{ kernel: Kernel; dispose(): void }> {
  const { load, dispose } = mutantOf(join('src', 'domain'), mutation);
  const { decide } = (await load('decide.js')) as Pick<Kernel, 'decide'>;
  const { evolve } = (await load('evolve.js')) as Pick<Kernel, 'evolve'>;
  return { kernel: { decide, evolve }, dispose };
}

/** The saga's protocol with the mutation in it. */
export async function protocolMutant(
  mutation: Mutation,
): Promise<{ Protocol: typeof SagaProtocol; dispose(): void }> {
  const { load, dispose } = mutantOf('workflows', mutation);
  const { SagaProtocol: Protocol } = (await load('saga-protocol.js')) as {
    SagaProtocol: typeof SagaProtocol;
  };
  return { Protocol, dispose };
}

/** All workflow code with the mutation in it, bundled as a worker runs it. */
export async function workflowsMutant(mutation: Mutation): Promise<string> {
  const { folder, dispose } = mutantOf('workflows', mutation);
  try {
    const logger = new DefaultLogger('WARN');
    const { code } = await bundleWorkflowCode({ workflowsPath: join(folder, 'index.js'), logger });
    return code;
  } finally {
    dispose();
  }
}

/**
 * A folder's files with the mutation in them, compiled, below the package, where they find its dependencies.
 * @throws Error if the place to change is not there exactly once
 */
function mutantOf(folder: string, mutation: Mutation | undefined): Mutant {
  const from = join(packageRoot(), folder);
  const parent = join(packageRoot(), 'dist');
  mkdirSync(parent, { recursive: true });
  const copy = mkdtempSync(join(parent, 'mutant-'));
  const dispose = (): void => rmSync(copy, { recursive: true, force: true });
  try {
    for (const file of readdirSync(from).filter((name) => name.endsWith('.ts'))) {
      const source = readFileSync(join(from, file), 'utf8');
      const text = file === mutation?.file ? changed(source, mutation) : source;
      const { outputText } = ts.transpileModule(text, { compilerOptions: options });
      writeFileSync(join(copy, file.replace(/\.ts$/, '.js')), outputText);
    }
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    folder: copy,
    load: (file) => import(/* @vite-ignore */ pathToFileURL(join(copy, file)).href),
    dispose,
  };
}

function changed(source: string, { find, replace, file }: Mutation): string {
  const pieces = source.split(find);
  if (pieces.length !== 2) throw new Error(`${pieces.length - 1} places in ${file} are: ${find}`);
  return pieces.join(replace);
}
