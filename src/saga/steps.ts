import { LRUCache } from 'lru-cache';
import type { StepAnswer, StepItem, StepRequest } from '../../workflows/contract.js';
import type { Origin, TransferCommand } from '../domain/command.js';
import { isTransferId, type TransferId } from '../domain/ids.js';
import { CommandFailedError } from '../errors/shard-errors.js';
import { decodeEvent } from '../journal/decode.js';
import type { Router } from '../routing/router.js';
import type { ShardPools } from '../storage/shard-pools.js';
import { readHistory } from '../storage/statements/read-history.js';
import { answerOf, commandOf, type Intent, type SagaStep } from './step-command.js';

export type { SagaStep } from './step-command.js';

/** An intent, and where it is from. */
interface KnownIntent extends Intent {
  /** The coordinator's try. */
  readonly event: string;
  readonly traceparent: string | undefined;
}

/**
 * Carries out one step of many transfers in one shard, for the saga's activities. The plan is read from the
 * coordinator's intent, never computed again. Throws if the shard can not be asked: then all of it is asked again,
 * and what was done already answers as it did the first time.
 */
export class SagaSteps {
  private readonly intents = new LRUCache<TransferId, KnownIntent>({ max: 50_000 });

  constructor(
    private readonly router: Router,
    /** As the posting role. */
    private readonly pools: ShardPools,
    private readonly onBroken: (transfer: TransferId, error: CommandFailedError) => void,
  ) {}

  async carryOut(step: SagaStep, { shard, coordinator, items }: StepRequest): Promise<StepAnswer[]> {
    const intents = await this.intentsOf(items, coordinator);
    const answers = items.map(async (item) => {
      const transfer = transferIdIn(item);
      const intent = intents.get(transfer);
      if (intent === undefined) throw new Error(`shard ${coordinator} holds no intent of ${transfer}`);
      const { traceparent } = intent;
      const trace = traceparent === undefined ? {} : { traceparent };
      const origin: Origin = { actor: 'system:saga', cause: item.cause ?? intent.event, ...trace };
      const command = commandOf(step, shard, transfer, intent, item);
      return this.carryOutOne(transfer, shard, command, origin);
    });
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
      this.onBroken(transfer, error);
      return { transfer, result: 'broken' };
    }
  }

  private async intentsOf(
    items: readonly StepItem[],
    coordinator: number,
  ): Promise<Map<TransferId, KnownIntent>> {
    const intents = new Map<TransferId, KnownIntent>();
    const unknown: TransferId[] = [];
    for (const item of items) {
      const id = transferIdIn(item);
      const known = this.intents.get(id);
      if (known === undefined) unknown.push(id);
      else intents.set(id, known);
    }
    if (unknown.length === 0) return intents;
    for (const { body } of await this.pools.read(coordinator, (pool) => readHistory(pool, unknown))) {
      const { event, envelope } = decodeEvent(body);
      if (event.type !== 'transfer.tried' || event.intent === undefined) continue;
      const { tenant, transfer, intent: kept, details } = event;
      const intent = {
        tenant,
        plan: kept.plan,
        details,
        event: envelope.id,
        traceparent: envelope.traceparent,
      };
      this.intents.set(transfer, intent);
      intents.set(transfer, intent);
    }
    return intents;
  }
}

function transferIdIn({ transfer }: StepItem): TransferId {
  if (!isTransferId(transfer)) throw new TypeError(`not a transfer id: ${transfer}`);
  return transfer;
}
