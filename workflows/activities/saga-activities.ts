import type { SagaStep, SagaSteps } from '../../src/saga/steps.js';
import { type PackedActivities, packAnswers, unpackRequest } from '../packed-steps.js';

/** The saga's activities over a node's own way to the shards. */
export function createSagaActivities(steps: SagaSteps): PackedActivities {
  const activity =
    (step: SagaStep): PackedActivities['tryStep'] =>
    async (request) =>
      packAnswers(await steps.carryOut(step, unpackRequest(request)));
  return {
    tryStep: activity('try'),
    pivotStep: activity('pivot'),
    confirmStep: activity('confirm'),
    cancelStep: activity('cancel'),
  };
}
