import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.js';

/** All workflow code as a worker runs it. */
export interface WorkflowBundle {
  readonly code: string;
  /** Of the code, in hex: the same wherever it was built, another one for any other code, Temporal's own in it included. */
  readonly version: string;
}

/** Where the build puts all workflow code, bundled: a worker starts in milliseconds instead of seconds. */
export const workflowBundlePath = (): string => join(packageRoot(), 'dist', 'workflow-bundle.js');

/** Read once, so that a node whose files are replaced while it runs stays what it is. */
export const readWorkflowBundle = (): WorkflowBundle =>
  workflowBundleOf(readFileSync(workflowBundlePath(), 'utf8'));

export const workflowBundleOf = (code: string): WorkflowBundle => {
  // The source map, on the last line, names files of the machine it was built on.
  const [own = code] = code.split('\n//# sourceMappingURL=');
  return { code, version: createHash('sha256').update(own).digest('hex').slice(0, 12) };
};
