import type { Account } from '../domain/account.js';
import { NO_COUNTERS } from '../domain/account.js';
import { type Claim, differingField } from '../domain/claim.js';
import type { Origin } from '../domain/command.js';
import type { AccountId, TransferId } from '../domain/ids.js';
import { accountIdOf, bucketOf, claimIdOf, keyDigest, transferIdOf } from '../domain/ids.js';
import type { Rejection } from '../domain/rejections.js';
import { type Leg, legsAt } from '../domain/transfer.js';
import { decodeEvent } from '../journal/decode.js';
import type { Answer } from '../posting/answer.js';
import type { AccountDirectory } from '../routing/account-directory.js';
import { accountBucketOf, keyBucketOf, type Placement } from '../routing/placement.js';
import type { Router } from '../routing/router.js';
import { atShard } from '../routing/shard-map.js';
import { transferViewOf } from '../routing/transfer-view.js';
import type { AccountView, TransferView } from '../routing/views.js';
import type { ShardPools } from '../storage/shard-pools.js';
import { readClaims } from '../storage/statements/read-claims.js';
import { readEvents } from '../storage/statements/read-events.js';
import { readSteps } from '../storage/statements/read-steps.js';
import { canonicalAccount, canonicalTransfer, requestHashes } from './canonical-request.js';
import type { EndWatch } from './end-watch.js';
import { type Route, routeOf } from './plan.js';
import type { AccountAnswer, NewAccount, NewTransfer, TransferAnswer } from './requests.js';

export interface IntakeOptions {
  readonly router: Router;
  readonly directory: AccountDirectory;
  readonly placementOf: (tenant: NewAccount['tenant']) => Promise<Placement>;
  /** As the posting role. */
  readonly pools: ShardPools;
  /** By shard number. */
  readonly ends: readonly EndWatch[];
  readonly clock?: () => number;
  /** How long after its intake a transfer across shards may still be undecided, milliseconds. */
  readonly sagaDeadlineMs?: number;
}

const HOUR_MS = 3_600_000;

/**
 * Where requests become commands: claims the key, finds the shards, posts locally or leaves a durable intent for the
 * saga, and answers. Every repeat of a key comes to the same answer (P4).
 */
export class Intake {
  constructor(private readonly options: IntakeOptions) {}

  /** @throws ShardUnavailableError and the like: the outcome is unknown and the request should be repeated. */
  async openAccount(request: NewAccount, origin: Origin): Promise<AccountAnswer> {
    const { tenant, key, asset, limits, metadata = {}, placementGroup } = request;
    const { router } = this.options;
    const placement = await this.options.placementOf(tenant);
    if (placement === 'compact' && placementGroup !== undefined)
      return refused({ code: 'placement_not_allowed' });
    const digest = keyDigest(tenant, 'client', key);
    const account = accountIdOf(accountBucketOf(tenant, placement, digest, placementGroup), digest);
    const claim = this.claimOf(request, placement, account, canonicalAccount(request));
    const shard = router.map.shardOf(account);
    const early = await this.claimElsewhere(claim, shard, origin);
    if (early.refusal !== undefined) return refused(early.refusal);
    const command = {
      kind: 'open_account' as const,
      tenant,
      account,
      asset,
      limits: { minBalance: 0n, maxBalance: null, ...limits },
      metadata,
      ...early.claim,
    };
    const answer = await router.submit(shard, command, origin);
    if (answer.kind === 'refused') return refused(answer.rejection);
    const body = answer.body ?? (await this.eventText(shard, answer.seq));
    return { kind: 'opened', account: openedView(body, shard), replayed: answer.replayed };
  }

  /** @throws ShardUnavailableError and the like: the outcome is unknown and the request should be repeated. */
  async transfer(
    request: NewTransfer,
    origin: Origin,
    { waitMs }: { waitMs: number },
  ): Promise<TransferAnswer> {
    const { tenant, key, legs } = request;
    const { router } = this.options;
    const [first] = legs;
    if (first === undefined) throw new RangeError('a transfer has at least one leg');
    const placement = await this.options.placementOf(tenant);
    const transfer = transferIdOf(bucketOf(first.debit), keyDigest(tenant, 'client', key));
    const claim = this.claimOf(request, placement, transfer, canonicalTransfer(request));
    const route = routeOf(legs, (account) => router.map.shardOf(account));
    const shard = route.kind === 'local' ? route.shard : route.plan.coordinator;
    const refusal = await this.refusalBeforeClaim(claim, route, legs);
    if (refusal !== undefined) return refused(refusal);
    const early = await this.claimElsewhere(claim, shard, origin);
    if (early.refusal !== undefined) return refused(early.refusal);
    const command = this.firstCommand(request, transfer, route, early.claim);
    const answer = await router.submit(shard, command, origin);
    if (answer.kind === 'refused') return refused(answer.rejection);
    return this.answerOf(transfer, shard, route, answer, waitMs);
  }

  private firstCommand(
    { tenant, legs }: NewTransfer,
    transfer: TransferId,
    route: Route,
    claim: { claim?: Claim },
  ) {
    if (route.kind === 'local') return { kind: 'post' as const, tenant, transfer, legs, ...claim };
    const { clock = Date.now, sagaDeadlineMs = HOUR_MS } = this.options;
    const { plan } = route;
    const deadline = new Date(clock() + sagaDeadlineMs).toISOString();
    const { coordinator } = plan;
    const ours = legsAt(plan, coordinator, tenant);
    return {
      kind: 'try' as const,
      tenant,
      transfer,
      legs: ours,
      coordinator,
      intent: { plan, deadline },
      ...claim,
    };
  }

  private async answerOf(
    transfer: TransferId,
    shard: number,
    route: Route,
    answer: Extract<Answer, { kind: 'recorded' }>,
    waitMs: number,
  ): Promise<TransferAnswer> {
    const { replayed } = answer;
    const endsLater = route.kind === 'saga' && answer.result === 'done';
    const view = endsLater
      ? await this.awaitEnd(transfer, shard, replayed, waitMs)
      : await this.view(transfer, shard, answer.body);
    return view.status === 'processing'
      ? { kind: 'processing', transfer: view, replayed }
      : { kind: 'ended', transfer: view, replayed };
  }

  private async awaitEnd(
    transfer: TransferId,
    shard: number,
    replayed: boolean,
    waitMs: number,
  ): Promise<TransferView> {
    if (replayed) {
      const now = await this.view(transfer, shard);
      if (now.status !== 'processing') return now;
    }
    await atShard(this.options.ends, shard).wait(transfer, waitMs);
    return this.view(transfer, shard);
  }

  /** Rendered from the event just written, or from what the shard has recorded. */
  private async view(transfer: TransferId, shard: number, body?: string): Promise<TransferView> {
    const steps =
      body === undefined
        ? await this.options.pools.read(shard, (pool) => readSteps(pool, [transfer]))
        : [{ body }];
    const view = transferViewOf(steps, shard);
    if (view === undefined) throw new Error(`transfer ${transfer} has no first step on shard ${shard}`);
    return view;
  }

  private claimOf(
    { tenant, key }: { tenant: Claim['tenant']; key: string },
    placement: Placement,
    subject: AccountId | TransferId,
    canonical: Readonly<Record<string, unknown>>,
  ): Claim {
    const digest = keyDigest(tenant, 'client', key);
    const id = claimIdOf(keyBucketOf(tenant, placement, digest), digest);
    return { id, tenant, namespace: 'client', key, subject, ...requestHashes(canonical) };
  }

  /**
   * Within one commit the kernel checks accounts and claim together. Where the claim comes first, in a commit of its
   * own, or the accounts are on several shards, what can never be is refused before the key is burnt.
   */
  private async refusalBeforeClaim(
    claim: Claim,
    route: Route,
    legs: readonly Leg[],
  ): Promise<Rejection | undefined> {
    const home = this.options.router.map.shardOf(claim.id);
    if (route.kind === 'local' && route.shard === home) return undefined;
    const refusal = await this.options.directory.refusalOf(claim.tenant, legs);
    if (refusal === undefined) return undefined;
    const [kept] = await this.options.pools.read(home, (pool) => readClaims(pool, [claim.id]));
    const field = kept === undefined ? undefined : differingField(kept, claim);
    return field === undefined ? refusal : { code: 'idempotency_key_reused', field };
  }

  /** Takes the claim on its home shard if that is not the effect's own; else hands it back to go with the effect. */
  private async claimElsewhere(
    claim: Claim,
    shard: number,
    origin: Origin,
  ): Promise<{ claim: { claim?: Claim }; refusal?: Rejection }> {
    const { router } = this.options;
    const home = router.map.shardOf(claim.id);
    if (home === shard) return { claim: { claim } };
    const outcome = await router.submit(home, { kind: 'claim_key', claim }, origin);
    return outcome.kind === 'refused' ? { claim: {}, refusal: outcome.rejection } : { claim: {} };
  }

  private async eventText(shard: number, seq: number): Promise<string> {
    const [event] = await this.options.pools.read(shard, (pool) => readEvents(pool, seq - 1, 1));
    if (event?.seq !== seq) throw new Error(`shard ${shard} has no event ${seq}`);
    return event.body;
  }
}

/** The account as it was opened, whatever became of it since: so a repeat gets the same bytes. */
function openedView(body: string, shard: number): AccountView {
  const { envelope, event, seq } = decodeEvent(body);
  if (event.type !== 'account.opened') throw new Error(`event ${envelope.id} opens no account`);
  const { account: id, tenant, asset, kind, limits, metadata } = event;
  const account: Account = {
    id,
    tenant,
    asset,
    kind,
    ...limits,
    status: 'open',
    openedSeq: seq,
    counters: NO_COUNTERS,
    version: 0,
  };
  return { ...account, metadata, shard, bucket: bucketOf(id), openedAt: envelope.time };
}

const refused = (rejection: Rejection) => ({ kind: 'refused' as const, rejection });
