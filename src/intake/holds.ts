import type { Origin } from '../domain/command.js';
import { bucketOf, type TransferId, transferIdOf } from '../domain/ids.js';
import { answerViewOf, transferViewOf, writtenView } from '../routing/transfer-view.js';
import type { TransferView } from '../routing/views.js';
import type { ShardPools } from '../storage/shard-pools.js';
import { readHistory } from '../storage/statements/read-history.js';
import { canonicalCapture, canonicalReversal, canonicalVoid } from './canonical-request.js';
import { clientKey, type Keys } from './keys.js';
import type { NewCapture, NewReversal, NewVoid, TransferAnswer } from './requests.js';

/** What is done to an earlier transfer: captures and voids of a hold, reversals. Each under a key of its own. */
export class FollowUpIntake {
  constructor(
    private readonly keys: Keys,
    /** As the posting role. */
    private readonly pools: ShardPools,
  ) {}

  async capture(request: NewCapture, origin: Origin): Promise<TransferAnswer> {
    const { tenant, hold, parts, final, details } = request;
    const key = clientKey(tenant, request.key);
    const transfer = transferIdOf(bucketOf(hold), key.digest);
    const command = {
      kind: 'capture' as const,
      tenant,
      transfer,
      hold,
      final,
      ...(parts === undefined ? {} : { parts }),
      ...(details === undefined ? {} : { details }),
    };
    return this.carryOut(key, transfer, command, canonicalCapture(request), origin);
  }

  async reverse(request: NewReversal, origin: Origin): Promise<TransferAnswer> {
    const { tenant, original, parts, details } = request;
    const key = clientKey(tenant, request.key);
    const transfer = transferIdOf(bucketOf(original), key.digest);
    const command = {
      kind: 'reverse' as const,
      tenant,
      transfer,
      original,
      ...(parts === undefined ? {} : { parts }),
      ...(details === undefined ? {} : { details }),
    };
    return this.carryOut(key, transfer, command, canonicalReversal(request), origin);
  }

  /** Answers with the hold as the void left it. */
  async void(request: NewVoid, origin: Origin): Promise<TransferAnswer> {
    const { tenant, hold } = request;
    const key = clientKey(tenant, request.key);
    const operation = transferIdOf(bucketOf(hold), key.digest);
    const placement = await this.keys.placementOf(tenant);
    const claim = this.keys.claimOf(key, placement, operation, canonicalVoid(request));
    const shard = this.keys.router.map.shardOf(hold);
    const command = { kind: 'void', tenant, operation, hold } as const;
    const answer = await this.keys.carryOut(shard, command, claim, origin);
    if (answer.kind === 'refused') return { kind: 'refused', rejection: answer.rejection };
    const { rejection, replayed } = answer;
    if (rejection !== undefined) return { kind: 'refused', rejection, replayed };
    const history = await this.pools.read(shard, (pool) => readHistory(pool, [hold]));
    const upToNow = history.filter(({ seq }) => seq <= answer.seq);
    return ended(transferViewOf(upToNow, hold, shard), hold, replayed);
  }

  private async carryOut(
    key: ReturnType<typeof clientKey>,
    transfer: TransferId,
    command: Parameters<Keys['carryOut']>[1],
    canonical: Readonly<Record<string, unknown>>,
    origin: Origin,
  ): Promise<TransferAnswer> {
    const placement = await this.keys.placementOf(key.tenant);
    const claim = this.keys.claimOf(key, placement, transfer, canonical);
    const shard = this.keys.router.map.shardOf(transfer);
    const answer = await this.keys.carryOut(shard, command, claim, origin);
    if (answer.kind === 'refused') return { kind: 'refused', rejection: answer.rejection };
    const view =
      answer.written === undefined
        ? answerViewOf(await this.pools.read(shard, (pool) => readHistory(pool, [transfer])), transfer, shard)
        : writtenView(answer.written, transfer, shard);
    return ended(view, transfer, answer.replayed);
  }
}

function ended(view: TransferView | undefined, id: TransferId, replayed: boolean): TransferAnswer {
  if (view === undefined) throw new Error(`nothing is recorded of ${id}`);
  return { kind: 'ended', transfer: view, replayed };
}
