import { CancellationScope, proxyLocalActivities } from '@temporalio/workflow';
import type { SagaActivities, TransferSagaInput, TransferSagaResult } from './contract.js';
import { SagaProtocol } from './saga-protocol.js';

/** Errors are retried for ever; the ledger's refusals are answers, not errors. */
const RETRY = { initialInterval: '50ms', backoffCoefficient: 2, maximumInterval: '5s' } as const;
const ATTEMPT = { startToCloseTimeout: '15s', localRetryThreshold: '5s', retry: RETRY } as const;
const ledger = proxyLocalActivities<SagaActivities>(ATTEMPT);

/** The saga protocol of a batch of transfers, carried by Temporal: what is not ended is asked again until it is. */
export async function transferSaga(input: TransferSagaInput): Promise<TransferSagaResult> {
  // An operator's cancel is a ledger command: ending the workflow must never stop a saga half-way.
  return CancellationScope.nonCancellable(() => new SagaProtocol(input, { ledger, now: Date.now }).run());
}
