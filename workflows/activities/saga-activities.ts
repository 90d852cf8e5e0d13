import type { SagaSteps } from '../../src/saga/steps.js';
import type { SagaActivities } from '../contract.js';

/** The saga's activities over a node's own way to the shards. */
export const createSagaActivities = (steps: SagaSteps): SagaActivities => ({
  tryStep: (request) => steps.carryOut('try', request),
  pivotStep: (request) => steps.carryOut('pivot', request),
  confirmStep: (request) => steps.carryOut('confirm', request),
  cancelStep: (request) => steps.carryOut('cancel', request),
});
