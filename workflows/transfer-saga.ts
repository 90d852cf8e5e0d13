import {
  ActivityFailure,
  CancellationScope,
  continueAsNew,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { TransferSagaInput, TransferSagaResult } from './contract.js';
import { type PackedActivities, unpacked } from './packed-steps.js';
import { SagaProtocol } from './saga-protocol.js';

/** Errors are retried for ever; the ledger's refusals are answers, not errors. */
const RETRY = { initialInterval: '50ms', backoffCoefficient: 2, maximumInterval: '5s' } as const;
const ATTEMPT_MS = 15_000;
const PATIENCE_MS = 300_000;

/**
 * The saga protocol of a batch of transfers, carried by Temporal: what is not ended is asked again until it is. Waiting
 * for a shard that is down writes to the history every few seconds, so after a while the workflow continues as new:
 * it asks for every step again, and those that were done answer as they did.
 */
export async function transferSaga(input: TransferSagaInput): Promise<TransferSagaResult> {
  const scheduleToCloseTimeout = input.patienceMs ?? PATIENCE_MS;
  const packed = proxyLocalActivities<PackedActivities>({
    // Well below the patience: where both end at the same moment Temporal may take it for an attempt's end and try again.
    startToCloseTimeout: Math.min(ATTEMPT_MS, scheduleToCloseTimeout / 2),
    localRetryThreshold: '5s',
    retry: RETRY,
    scheduleToCloseTimeout,
  });
  const ledger = unpacked(packed);
  try {
    // An operator's cancel is a ledger command: ending the workflow must never stop a saga half-way.
    return await CancellationScope.nonCancellable(() =>
      new SagaProtocol(input, { ledger, now: Date.now }).run(),
    );
  } catch (error) {
    if (error instanceof ActivityFailure) return continueAsNew<typeof transferSaga>(input);
    throw error;
  }
}
