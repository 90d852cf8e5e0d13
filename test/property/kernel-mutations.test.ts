import { AssertionError } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { checkKernel, type Kernel } from '../support/kernel-checker.js';
import { MUTATIONS } from '../support/kernel-mutations.js';
import { domainMutant, type Mutation } from '../support/mutant.js';

/** The checker is checked: it must find every one of these bugs, and none where there is none. */
// That it is found is all that is asked: the smallest case is for people, and takes longer to find than the bug.
const RUNS = { numRuns: 12_000, seed: 3, endOnFailure: true } as const;

async function withMutant<T>(mutation: Mutation | undefined, use: (kernel: Kernel) => T): Promise<T> {
  const { kernel, dispose } = await domainMutant(mutation);
  try {
    return use(kernel);
  } finally {
    dispose();
  }
}

describe('the checker of the kernel', () => {
  it('has nothing against a copy without a bug', async () => {
    await withMutant(undefined, (kernel) => {
      expect(checkKernel(kernel, { ...RUNS, numRuns: 500 }).commands).toBeGreaterThan(10_000);
    });
  });

  it.each(MUTATIONS)('finds: $bug', async (mutation) => {
    await withMutant(mutation, (kernel) => {
      let found: Error | undefined;
      try {
        checkKernel(kernel, RUNS);
      } catch (error) {
        found = error as Error;
      }
      // By what it compares, not by a crash of the copy.
      expect(found?.cause).toBeInstanceOf(AssertionError);
    });
  });
});
