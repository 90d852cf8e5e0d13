import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { packageRoot } from '../config/package-root.js';
import { workflowBundlePath } from './workflow-bundle.js';

const { code } = await bundleWorkflowCode({
  workflowsPath: join(packageRoot(), 'dist', 'workflows', 'index.js'),
  logger: new DefaultLogger('WARN'),
});
writeFileSync(workflowBundlePath(), code);
