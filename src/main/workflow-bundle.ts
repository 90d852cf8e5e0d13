import { join } from 'node:path';
import { packageRoot } from '../config/package-root.js';

/** Where the build puts all workflow code, bundled: a worker starts in milliseconds instead of seconds. */
export const workflowBundlePath = (): string => join(packageRoot(), 'dist', 'workflow-bundle.js');
