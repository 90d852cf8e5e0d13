import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The folders whose files take longest come first; of the others it is settled by size. */
const SLOW = ['test/fault/', 'test/property/', 'test/integration/'] as const;

/** So that no long file begins when the others have ended: by size alone, short files of long tests would be last. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project, moduleId }: TestSpecification): number => {
      const file = relative(project.config.root, moduleId);
      const found = SLOW.findIndex((folder) => file.startsWith(folder));
      return found < 0 ? SLOW.length : found;
    };
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
