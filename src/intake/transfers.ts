import type { Claim } from '../domain/claim.js';
import type { Origin } from '../domain/command.js';
import { bucketOf, type TenantId, type TransferId, transferIdOf } from '../domain/ids.js';
import type { Rejection } from '../domain/rejections.js';
import { legsAt } from '../domain/transfer.js';
import type { Answer, Written } from '../posting/answer.js';
import type { AccountDirectory } from '../routing/account-directory.js';
import type { Placement } from '../routing/placement.js';
import { atShard } from '../routing/shard-map.js';
import { answerViewOf, endedAs, writtenView } from '../routing/transfer-view.js';
import type { TransferView } from '../routing/views.js';
import type { EndWatch } from '../saga/end-watch.js';
import { type Route, routeOf } from '../saga/plan.js';
import type { ShardPools } from '../storage/shard-pools.js';
import { readHistory } from '../storage/statements/read-history.js';
import { canonicalTransfer } from './canonical-request.js';
import type { KeyIdentity, Keys } from './keys.js';
import type { Refused, TransferAnswer, TransferTerms } from './requests.js';

export interface TransferIntakeOptions {
  readonly keys: Keys;
  readonly directory: AccountDirectory;
  /** As the posting role. */
  readonly pools: ShardPools;
  /** By shard number. */
  readonly ends: readonly EndWatch[];
  readonly clock: () => number;
  /** How long after its intake a transfer across shards may still be undecided, milliseconds. */
  readonly sagaDeadlineMs: number;
}

/** A request with everything its command needs. */
export interface PreparedTransfer {
  readonly transfer: TransferId;
  readonly shard: number;
  readonly route: Route;
  readonly claim: Claim | undefined;
  readonly command: ReturnType<typeof commandOf>;
}

/**
 * Where requests for transfers become commands: finds the shards, posts locally or leaves a durable intent for the
 * saga, and answers. Every repeat of a key comes to the same answer (P4).
 */
export class TransferIntake {
  constructor(private readonly options: TransferIntakeOptions) {}

  /** @throws ShardUnavailableError and the like: the outcome is unknown and the request should be repeated. */
  async transfer(
    key: KeyIdentity,
    terms: TransferTerms,
    origin: Origin,
    waitMs: number,
  ): Promise<TransferAnswer> {
    // Promises only where there is something to wait for: a turn of the event loop for every request adds up.
    const known = this.options.keys.placementOf(key.tenant);
    const placement = typeof known === 'string' ? known : await known;
    const prepared = this.prepare(key, terms, placement);
    const { shard, route, command, claim, transfer } = prepared;
    if (route.kind === 'saga') {
      const refusal = await this.refusalBeforeClaim(key.tenant, prepared, terms, origin);
      if (refusal !== undefined) return refusal;
    }
    const answer = await this.options.keys.carryOut(shard, command, claim, origin);
    const view = route.kind === 'local' && answer.written && writtenView(answer.written, transfer, shard);
    return view ? ended(view, false) : this.answerOf(prepared, answer, waitMs);
  }

  prepare(key: KeyIdentity, terms: TransferTerms, placement: Placement): PreparedTransfer {
    const { keys, clock, sagaDeadlineMs } = this.options;
    const [first] = terms.legs;
    if (first === undefined) throw new RangeError('a transfer has at least one leg');
    const transfer = transferIdOf(bucketOf(first.debit), key.digest);
    const claim = keys.ownClaimOf(key, placement, transfer, () => canonicalTransfer(terms));
    const route = routeOf(terms.legs, (account) => keys.router.map.shardOf(account));
    const shard = route.kind === 'local' ? route.shard : route.plan.coordinator;
    const deadline = (): string => new Date(clock() + sagaDeadlineMs).toISOString();
    return {
      transfer,
      shard,
      route,
      claim,
      command: commandOf(key.tenant, transfer, terms, route, deadline),
    };
  }

  /** What would become of it now, with nothing written and no key taken. */
  async dryRun(key: KeyIdentity, terms: TransferTerms, origin: Origin): Promise<TransferAnswer> {
    const placement = await this.options.keys.placementOf(key.tenant);
    const { transfer, shard, route, command } = this.prepare(key, terms, placement);
    if (route.kind === 'saga' && terms.hold !== undefined) return acrossShards;
    const { router } = this.options.keys;
    const answer = await router.submit(shard, command, origin, { dry: true });
    if (answer.kind === 'refused') return answer;
    const view = answer.written && writtenView(answer.written, transfer, shard);
    if (view === undefined) throw new Error(`a trial of ${transfer} gave no event`);
    if (route.kind === 'local' || answer.result === 'rejected') return ended(view, false);
    const { plan } = route;
    const { tenant } = key;
    const { coordinator } = plan;
    for (const participant of plan.participants) {
      const legs = legsAt(plan, participant, tenant);
      const part = { kind: 'try', tenant, transfer, coordinator, legs } as const;
      const outcome = await router.submit(participant, part, origin, { dry: true });
      if (outcome.kind === 'refused') return outcome;
      if (outcome.rejection !== undefined) {
        return ended(
          { ...view, status: 'rejected', endedAt: view.createdAt, rejection: outcome.rejection },
          false,
        );
      }
    }
    return ended({ ...view, status: 'posted', endedAt: view.createdAt }, false);
  }

  /** Why the terms can never be carried out, if so; what depends on what the accounts hold is no matter. */
  async refusalOfForm(
    key: KeyIdentity,
    terms: TransferTerms,
    origin: Origin,
  ): Promise<Rejection | undefined> {
    const { keys, directory } = this.options;
    const placement = await keys.placementOf(key.tenant);
    const { shard, route, command } = this.prepare(key, terms, placement);
    if (route.kind === 'saga') {
      if (terms.hold !== undefined) return acrossShards.rejection;
      const rejection = await directory.refusalOf(key.tenant, terms.legs);
      if (rejection !== undefined) return rejection;
    }
    const trial = await keys.router.submit(shard, command, origin, { dry: true });
    return trial.kind === 'refused' ? trial.rejection : undefined;
  }

  async answerOf(
    { transfer, shard, route }: PreparedTransfer,
    answer: Answer<PreparedTransfer['command']>,
    waitMs: number,
  ): Promise<TransferAnswer> {
    if (answer.kind === 'refused') return { kind: 'refused', rejection: answer.rejection };
    const { replayed } = answer;
    const endsLater = route.kind === 'saga' && answer.result === 'done';
    const view = endsLater
      ? await this.awaitEnd(transfer, shard, answer, waitMs)
      : await this.view(transfer, shard, answer.written);
    return view.status === 'processing'
      ? { kind: 'processing', transfer: view, replayed }
      : ended(view, replayed);
  }

  /** Rendered from the event just written, or from what the shard has recorded. */
  async view(transfer: TransferId, shard: number, written?: Written): Promise<TransferView> {
    const view =
      written === undefined
        ? answerViewOf(await this.history(transfer, shard), transfer, shard)
        : writtenView(written, transfer, shard);
    if (view === undefined) throw new Error(`transfer ${transfer} has no first step on shard ${shard}`);
    return view;
  }

  private history(transfer: TransferId, shard: number) {
    return this.options.pools.read(shard, (pool) => readHistory(pool, [transfer]));
  }

  private async awaitEnd(
    transfer: TransferId,
    shard: number,
    { replayed, written }: { readonly replayed: boolean; readonly written?: Written },
    waitMs: number,
  ): Promise<TransferView> {
    if (replayed) {
      const now = await this.view(transfer, shard);
      if (now.status !== 'processing') return now;
    }
    const end = await atShard(this.options.ends, shard).wait(transfer, waitMs);
    const begun = written && writtenView(written, transfer, shard);
    return begun && end ? endedAs(begun, end) : this.view(transfer, shard);
  }

  /** Across shards what can never be is refused before any try; within one the kernel checks all accounts itself. */
  private async refusalBeforeClaim(
    tenant: TenantId,
    { claim }: PreparedTransfer,
    { legs, hold }: TransferTerms,
    origin: Origin,
  ): Promise<Refused | undefined> {
    const { keys, directory } = this.options;
    const rejection =
      hold === undefined ? await directory.refusalOf(tenant, legs) : ({ code: 'across_shards' } as const);
    if (rejection === undefined) return undefined;
    const reused = claim && (await keys.reuseOf(claim, origin));
    return { kind: 'refused', rejection: reused ?? rejection };
  }
}

function commandOf(
  tenant: TenantId,
  transfer: TransferId,
  { legs, details, upTo, hold }: TransferTerms,
  route: Route,
  deadline: () => string,
) {
  const extra = {
    ...(details === undefined ? {} : { details }),
    ...(upTo === undefined ? {} : { upTo }),
  };
  if (hold !== undefined) {
    const expires = hold.expiresAt === undefined ? {} : { expiresAt: hold.expiresAt };
    return { kind: 'hold' as const, tenant, transfer, legs, ...extra, ...expires };
  }
  if (route.kind === 'local') return { kind: 'post' as const, tenant, transfer, legs, ...extra };
  const { plan } = route;
  const { coordinator } = plan;
  const ours = legsAt(plan, coordinator, tenant);
  const intent = { plan, deadline: deadline() };
  return { kind: 'try' as const, tenant, transfer, legs: ours, coordinator, intent, ...extra };
}

const ended = (transfer: TransferView, replayed: boolean): TransferAnswer => ({
  kind: 'ended',
  transfer,
  replayed,
});

const acrossShards: Refused = { kind: 'refused', rejection: { code: 'across_shards' } };
