import type { Origin } from '../domain/command.js';
import { bucketOf, type TransferId, transferIdOf } from '../domain/ids.js';
import { transferViewOf } from '../routing/transfer-view.js';
import { canonicalDecision } from './canonical-request.js';
import { type Endings, ended } from './endings.js';
import { clientKey, type Keys } from './keys.js';
import type { NewDecision, TransferAnswer } from './requests.js';

export interface ReviewIntakeOptions {
  readonly keys: Keys;
  readonly endings: Endings;
  /** Of a saga that begins now, RFC 3339. */
  readonly deadline: () => string;
  /** Whoever waits for the decision is told of it; that it stands does not depend on them. */
  readonly onDecided: (review: TransferId) => void;
}

/** Decisions about transfers in review, each under a key of its own. The first that the shard takes stands. */
export class ReviewIntake {
  constructor(private readonly options: ReviewIntakeOptions) {}

  /** Answers with the transfer as the decision left it. */
  async decide(request: NewDecision, origin: Origin): Promise<TransferAnswer> {
    const { keys, endings, deadline, onDecided } = this.options;
    const { tenant, review, decision: kind, note } = request;
    const key = clientKey(tenant, request.key);
    const operation = transferIdOf(bucketOf(review), key.digest);
    const placement = await keys.placementOf(tenant);
    const claim = keys.claimOf(key, placement, operation, canonicalDecision(request));
    const shard = keys.router.map.shardOf(review);
    const common = { tenant, operation, review, ...(note === undefined ? {} : { note }) };
    const command = kind === 'approve' ? { kind, ...common, deadline: deadline() } : { kind, ...common };
    const answer = await keys.carryOut(shard, command, claim, origin);
    if (answer.kind === 'refused') return { kind: 'refused', rejection: answer.rejection };
    const { rejection, replayed, seq } = answer;
    if (rejection !== undefined) return { kind: 'refused', rejection, replayed };
    if (!replayed) onDecided(review);
    const history = await endings.history(review, shard);
    const upToNow = history.filter((event) => event.seq <= seq);
    const transfer = transferViewOf(upToNow, review, shard);
    if (transfer === undefined) throw new Error(`nothing is recorded of ${review}`);
    return ended(transfer, replayed);
  }
}
