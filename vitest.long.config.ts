import { defineConfig } from 'vitest/config';

/** The property tests, fifty times as long as in CI: `npm run test:long`. They need no servers. */
export default defineConfig({
  test: {
    include: ['test/property/**/*.test.ts'],
    provide: { runsTimes: 50 },
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 3_600_000,
  },
});
