import { defineConfig } from 'vitest/config';

/** The consumers that are killed, a hundred times in each mode: `npm run test:consumer-kills`. On the real servers. */
export default defineConfig({
  test: {
    include: ['test/fault/killed-consumers.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    provide: { consumerKills: 100 },
    pool: 'forks',
    testTimeout: 1_800_000,
    hookTimeout: 120_000,
  },
});
