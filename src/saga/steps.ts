import type { StepAnswer, StepItem, StepRequest } from '../../workflows/contract.js';
import type { Origin, TransferCommand } from '../domain/command.js';
import { isTransferId, type TransferId } from '../domain/ids.js';
import { CommandFailedError } from '../errors/shard-errors.js';
import type { Router } from '../routing/router.js';
import type { Intents, KnownIntent } from './intents.js';
import type { LastErrors } from './last-errors.js';
import { answerOf, commandOf, type SagaStep } from './step-command.js';

export type { SagaStep } from './step-command.js';

/**
 * Carries out one step of many transfers in one shard, for the saga's activities. The plan is read from the
 * coordinator's intent, never computed again. Throws if the shard can not be asked: then all of it is asked again,
 * and what was done already answers as it did the first time.
 */
export class SagaSteps {
  constructor(
    private readonly router: Router,
    private readonly intents: Intents,
    private readonly onBroken: (transfer: TransferId, error: CommandFailedError) => void,
    private readonly errors: LastErrors,
  ) {}

  async carryOut(step: SagaStep, request: StepRequest): Promise<StepAnswer[]> {
    try {
      return await this.carryOutAll(step, request);
    } catch (error) {
      this.errors.note(
        request.items.map(({ transfer }) => transfer),
        error,
      );
      throw error;
    }
  }

  private async carryOutAll(
    step: SagaStep,
    { shard, coordinator, items }: StepRequest,
  ): Promise<StepAnswer[]> {
    const transfers = items.map(transferIdIn);
    const intents = await this.intents.of(transfers, coordinator);
    for (const transfer of transfers) {
      if (!intents.has(transfer)) throw new Error(`shard ${coordinator} holds no intent of ${transfer}`);
    }
    const answers: Promise<StepAnswer>[] = [];
    for (const [index, item] of items.entries()) {
      const transfer = transfers[index];
      const intent = transfer && intents.get(transfer);
      if (intent === undefined) continue;
      const command = commandOf(step, shard, transfer as TransferId, intent, item);
      answers.push(this.carryOutOne(transfer as TransferId, shard, command, originOf(item, intent)));
    }
    return Promise.all(answers);
  }

  /** A command that breaks by itself (a bug, a value Postgres refuses) must not hold up the others of its batch. */
  private async carryOutOne(
    transfer: TransferId,
    shard: number,
    command: TransferCommand,
    origin: Origin,
  ): Promise<StepAnswer> {
    try {
      return answerOf(transfer, shard, await this.router.submit(shard, command, origin));
    } catch (error) {
      if (!(error instanceof CommandFailedError)) throw error;
      this.errors.note([transfer], error);
      this.onBroken(transfer, error);
      return { transfer, result: 'broken' };
    }
  }
}

function originOf({ cause }: StepItem, { event, traceparent }: KnownIntent): Origin {
  const origin = { actor: 'system:saga', cause: cause ?? event };
  return traceparent === undefined ? origin : { ...origin, traceparent };
}

function transferIdIn({ transfer }: StepItem): TransferId {
  if (!isTransferId(transfer)) throw new TypeError(`not a transfer id: ${transfer}`);
  return transfer;
}
