import { defineConfig } from 'vitest/config';
import { SlowestFirst } from './test/support/slowest-first.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    // More than there are cores: most tests wait for servers and processes half of their time.
    maxWorkers: 3,
    sequence: { sequencer: SlowestFirst },
    // A loaded machine takes several times as long, and is no reason to fail.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    // One broken promise anywhere fails the run.
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
