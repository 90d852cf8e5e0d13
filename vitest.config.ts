import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // A loaded machine takes several times as long, and is no reason to fail.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    // One broken promise anywhere fails the run.
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
