import { LRUCache } from 'lru-cache';
import type { TransferId } from '../domain/ids.js';
import type { TransferDetails } from '../domain/transfer.js';
import { decodeEvent } from '../journal/decode.js';
import { eventId } from '../journal/envelope.js';
import type { ComputedBatch } from '../posting/compute-batch.js';
import type { ShardPools } from '../storage/shard-pools.js';
import { readHistory } from '../storage/statements/read-history.js';
import { begunBy } from './begun-by.js';
import type { StepIntent } from './step-command.js';

/** An intent, and where it is from. */
export interface KnownIntent extends StepIntent {
  /** The coordinator's try, or the approval of what was in review. */
  readonly event: string;
  readonly traceparent: string | undefined;
}

/** A leg is some hundred bytes, and a transfer has up to a hundred: of large ones fewer are known. */
const MOST = 50_000;
const MOST_LEGS = 200_000;
/** Read in one go: an event may have 200 kB and more that the caller said. */
const CHUNK = 250;

/**
 * The intents of transfers across shards, which never change once they are committed: those that this node wrote are
 * known without asking (but for releases), others are read from their coordinator. Bounded; what is forgotten is read again.
 */
export class Intents {
  private readonly known = new LRUCache<TransferId, KnownIntent>({
    max: MOST,
    maxSize: MOST_LEGS,
    sizeCalculation: ({ plan }) => 1 + plan.legs.length,
  });

  /** `pools`: as the posting role. */
  constructor(private readonly pools: ShardPools) {}

  /** A commit of this node's own. */
  committed(shard: number, { submissions, answers }: ComputedBatch): void {
    for (let index = 0; index < submissions.length; index += 1) {
      const submission = submissions[index];
      // Most are local.
      if (submission === undefined || submission.dry || submission.command.kind === 'post') continue;
      const { command, origin } = submission;
      const answer = answers[index];
      if (answer instanceof Error || answer?.kind !== 'recorded' || answer.written === undefined) continue;
      if (command.kind === 'confirm' || command.kind === 'cancel') this.ended(command.transfer, shard);
      const { event } = answer.written;
      if (event.type !== 'transfer.tried' || event.intent === undefined) continue;
      const { tenant, transfer, intent, follows, details } = event;
      const where = { event: eventId(shard, answer.seq), traceparent: origin.traceparent };
      this.known.set(transfer, {
        tenant,
        plan: intent.plan,
        follows,
        effectiveAt: details?.effectiveAt,
        ...where,
      });
    }
  }

  /** The coordinator comes last: nobody asks for it any more, unless two workflows carry it. */
  private ended(transfer: TransferId, shard: number): void {
    if (this.known.get(transfer)?.plan.coordinator === shard) this.known.delete(transfer);
  }

  /** Those that the coordinator has; the others are missing. */
  async of(
    transfers: readonly TransferId[],
    coordinator: number,
  ): Promise<ReadonlyMap<TransferId, KnownIntent>> {
    const found = new Map<TransferId, KnownIntent>();
    const unknown: TransferId[] = [];
    for (const transfer of transfers) {
      const known = this.known.get(transfer);
      if (known === undefined) unknown.push(transfer);
      else found.set(transfer, known);
    }
    for (let from = 0; from < unknown.length; from += CHUNK) {
      await this.read(unknown.slice(from, from + CHUNK), coordinator, found);
    }
    return found;
  }

  private async read(
    unknown: readonly TransferId[],
    coordinator: number,
    found: Map<TransferId, KnownIntent>,
  ): Promise<void> {
    // Of what was in review the intent is in its approval, and what the caller said in the event before.
    const said = new Map<TransferId, TransferDetails | undefined>();
    for (const { body } of await this.pools.read(coordinator, (pool) => readHistory(pool, unknown))) {
      const { event, envelope } = decodeEvent(body);
      if (event.type === 'transfer.review') said.set(event.transfer, event.details);
      const begun = begunBy(event);
      if (begun === undefined) continue;
      const { tenant, transfer, plan, follows, details = said.get(transfer) } = begun;
      const where = { event: envelope.id, traceparent: envelope.traceparent };
      const read = { tenant, plan, follows, effectiveAt: details?.effectiveAt, ...where };
      this.known.set(transfer, read);
      found.set(transfer, read);
    }
  }
}
