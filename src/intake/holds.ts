import type { Origin } from '../domain/command.js';
import type { TransferTried } from '../domain/event.js';
import { bucketOf, releaseIdOf, type TransferId, transferIdOf } from '../domain/ids.js';
import { type TimedEvent, timed, viewOf } from '../routing/transfer-view.js';
import { canonicalCapture, canonicalReversal, canonicalVoid } from './canonical-request.js';
import { type Endings, ended, told } from './endings.js';
import { clientKey, type Keys } from './keys.js';
import type { NewCapture, NewReversal, NewVoid, TransferAnswer } from './requests.js';

/**
 * What is done to an earlier transfer: captures and voids of a hold, reversals. Each under a key of its own, and on the
 * shard of the earlier one: whether it needs others, and which, that shard knows.
 */
export class FollowUpIntake {
  constructor(
    private readonly keys: Keys,
    private readonly endings: Endings,
    /** Of a saga that begins now, RFC 3339. */
    private readonly deadline: () => string,
  ) {}

  async capture(request: NewCapture, origin: Origin, waitMs: number): Promise<TransferAnswer> {
    const { tenant, hold, parts, final, details } = request;
    const key = clientKey(tenant, request.key);
    const transfer = transferIdOf(bucketOf(hold), key.digest);
    const command = {
      kind: 'capture' as const,
      tenant,
      transfer,
      hold,
      final,
      deadline: this.deadline(),
      ...(parts === undefined ? {} : { parts }),
      ...(details === undefined ? {} : { details }),
    };
    return this.carryOut(key, transfer, command, canonicalCapture(request), origin, waitMs);
  }

  async reverse(request: NewReversal, origin: Origin, waitMs: number): Promise<TransferAnswer> {
    const { tenant, original, parts, details } = request;
    const key = clientKey(tenant, request.key);
    const transfer = transferIdOf(bucketOf(original), key.digest);
    const command = {
      kind: 'reverse' as const,
      tenant,
      transfer,
      original,
      deadline: this.deadline(),
      ...(parts === undefined ? {} : { parts }),
      ...(details === undefined ? {} : { details }),
    };
    return this.carryOut(key, transfer, command, canonicalReversal(request), origin, waitMs);
  }

  /** Answers with the hold as the void left it: where other shards had debits set aside, when they are free there too. */
  async void(request: NewVoid, origin: Origin, waitMs: number): Promise<TransferAnswer> {
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
    const left = await this.afterVoid(hold, operation, answer.seq, shard);
    if (left.freeing.length === 0) return ended(left.view, replayed);
    await Promise.all(left.freeing.map((release) => this.endings.wait(release, shard, waitMs)));
    const { view, freeing } = await this.afterVoid(hold, operation, answer.seq, shard);
    return freeing.length === 0 ? ended(view, replayed) : told(view, replayed);
  }

  /** The hold as the void at `seq` left it, with the ends of the releases that it began, and those that have none yet. */
  private async afterVoid(hold: TransferId, operation: TransferId, seq: number, shard: number) {
    const begun = new Set<TransferId>();
    const done = new Set<TransferId>();
    const own: TimedEvent[] = [];
    for (const row of await this.endings.history(hold, shard)) {
      const one = timed(row);
      const { event } = one;
      if (event.type === 'transfer.tried' && isReleaseOf(event, operation)) begun.add(event.transfer);
      const ends = event.type === 'transfer.confirmed' && begun.has(event.transfer);
      if (ends) done.add(event.transfer);
      if (ends || row.seq <= seq) own.push(one);
    }
    const view = viewOf(own, hold, shard);
    if (view === undefined) throw new Error(`nothing is recorded of ${hold}`);
    return { view, freeing: [...begun].filter((release) => !done.has(release)) };
  }

  private async carryOut(
    key: ReturnType<typeof clientKey>,
    transfer: TransferId,
    command: Parameters<Keys['carryOut']>[1],
    canonical: Readonly<Record<string, unknown>>,
    origin: Origin,
    waitMs: number,
  ): Promise<TransferAnswer> {
    const placement = await this.keys.placementOf(key.tenant);
    const claim = this.keys.claimOf(key, placement, transfer, canonical);
    const shard = this.keys.router.map.shardOf(transfer);
    const answer = await this.keys.carryOut(shard, command, claim, origin);
    if (answer.kind === 'refused') return { kind: 'refused', rejection: answer.rejection };
    return this.endings.answer(transfer, shard, answer, waitMs);
  }
}

/** Whether it is what the operation began to free elsewhere. */
const isReleaseOf = ({ tenant, transfer, intent }: TransferTried, operation: TransferId): boolean =>
  intent?.plan.participants.some((shard) => releaseIdOf(tenant, operation, shard) === transfer) === true;
