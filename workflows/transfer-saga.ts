import {
  CancellationScope,
  continueAsNew,
  proxyLocalActivities,
  TemporalFailure,
} from '@temporalio/workflow';
import type { RouteBatch, TransferSagaInput, TransferSagaResult } from './contract.js';
import { type PackedActivities, unpacked } from './packed-steps.js';
import { SagaProtocol } from './saga-protocol.js';

/** Errors are retried for as long as there is patience; the ledger's refusals are answers, not errors. */
const RETRY = { initialInterval: 50, backoffCoefficient: 2, maximumInterval: 5_000 };
const ATTEMPT_MS = 15_000;
const PATIENCE_MS = 300_000;

/** As the first release had it: one batch was the whole input. */
type FirstInput = RouteBatch & Pick<TransferSagaInput, 'patienceMs'>;

/**
 * The saga protocol of batches of transfers, carried by Temporal: what is not ended is asked again until it is. A batch whose
 * shard does not answer is given back, so that it keeps nobody waiting for the others'. Alone it waits: that writes to the
 * history every few seconds, so after a while the workflow continues as new: it asks for every step again, and those that
 * were done answer as they did.
 */
export async function transferSaga(input: TransferSagaInput | FirstInput): Promise<TransferSagaResult> {
  const batches = 'batches' in input ? input.batches : [input];
  const scheduleToCloseTimeout = input.patienceMs ?? PATIENCE_MS;
  const packed = proxyLocalActivities<PackedActivities>({
    // Well below the patience: where both end at the same moment Temporal may take it for an attempt's end and try again.
    startToCloseTimeout: Math.min(ATTEMPT_MS, scheduleToCloseTimeout / 2),
    localRetryThreshold: '5s',
    // Temporal's worker forgets a patience that ends between two attempts: of those that fail at once there are no more.
    retry: { ...RETRY, maximumAttempts: attemptsWithin(scheduleToCloseTimeout) },
    scheduleToCloseTimeout,
  });
  const world = { ledger: unpacked(packed), now: Date.now };
  const carry = (batch: RouteBatch): Promise<TransferSagaResult | undefined> =>
    new SagaProtocol(batch, world).run().catch((error: unknown) => {
      // A timeout is wrapped in an ActivityFailure, what the last attempt of a local activity threw is not.
      if (error instanceof TemporalFailure) return undefined;
      throw error;
    });
  // An operator's cancel is a ledger command: ending the workflow must never stop a saga half-way.
  const ends = await CancellationScope.nonCancellable(() => Promise.all(batches.map(carry)));
  const givenBack = ends.flatMap((end, index) => (end === undefined ? [index] : []));
  if (givenBack.length > 0 && batches.length === 1) return continueAsNew<typeof transferSaga>(input);
  const sum = (count: 'posted' | 'canceled' | 'broken'): number =>
    ends.reduce((all, end) => all + (end?.[count] ?? 0), 0);
  const counts = { posted: sum('posted'), canceled: sum('canceled'), broken: sum('broken') };
  return givenBack.length === 0 ? counts : { ...counts, givenBack };
}

/** How many attempts begin within a time if each fails at once. */
function attemptsWithin(patienceMs: number): number {
  let [attempts, at, pause] = [1, RETRY.initialInterval, RETRY.initialInterval];
  for (; at <= patienceMs; at += pause) {
    attempts += 1;
    pause = Math.min(pause * RETRY.backoffCoefficient, RETRY.maximumInterval);
  }
  return attempts;
}
