import type { Claim } from '../domain/claim.js';
import type { Command, LinkedTransfers, Origin } from '../domain/command.js';
import {
  type AccountId,
  claimIdOf,
  keyDigest,
  type Namespace,
  type ScheduleId,
  type TenantId,
  type TransferId,
} from '../domain/ids.js';
import type { Rejection } from '../domain/rejections.js';
import type { Answer } from '../posting/answer.js';
import { keyBucketOf, type Placement } from '../routing/placement.js';
import type { Router } from '../routing/router.js';
import { requestHashes } from './canonical-request.js';

/** A key in its namespace, and the digest that claim, transfer and account ids of it share. */
export interface KeyIdentity {
  readonly tenant: TenantId;
  readonly namespace: Namespace;
  readonly key: string;
  readonly digest: string;
}

export const clientKey = (tenant: TenantId, key: string): KeyIdentity => identity(tenant, 'client', key);
/** Of an item of a batch: its effect's id is made of the batch's key and its index, and the batch's claim covers it. */
export const itemKey = (tenant: TenantId, key: string, index: number): KeyIdentity =>
  identity(tenant, 'batch', `${key}/${index}`);
/** Of an occurrence of a schedule: made of what caused it, and covered by the schedule's own claim. */
export const occurrenceKey = (tenant: TenantId, schedule: ScheduleId, number: number): KeyIdentity =>
  identity(tenant, 'system', `${schedule}/${number}`);
export const referenceKey = (tenant: TenantId, reference: string): KeyIdentity =>
  identity(tenant, 'reference', reference);

const identity = (tenant: TenantId, namespace: Namespace, key: string): KeyIdentity => ({
  tenant,
  namespace,
  key,
  digest: keyDigest(tenant, namespace, key),
});

type ClaimParts = [KeyIdentity, Placement, AccountId | TransferId, () => Readonly<Record<string, unknown>>];
type Claimable = Exclude<Command, LinkedTransfers> & { readonly claim?: Claim };

/** Takes keys: with the effect where both are on one shard, before it where they are not. */
export class Keys {
  constructor(
    readonly router: Router,
    /** At once where it is known: a turn of the event loop for every request adds up. */
    readonly placementOf: (tenant: TenantId) => Placement | Promise<Placement>,
  ) {}

  claimOf(
    { tenant, namespace, key, digest }: KeyIdentity,
    placement: Placement,
    subject: AccountId | TransferId | ScheduleId,
    canonical: Readonly<Record<string, unknown>>,
  ): Claim {
    const id = claimIdOf(keyBucketOf(tenant, placement, digest), digest);
    const { form, request, fields } = requestHashes(canonical);
    return { id, tenant, namespace, key, subject, form, request, fields };
  }

  /**
   * The claim that a request takes with its effect; an item of a batch and an occurrence of a schedule have none, the
   * batch or the schedule took one before.
   */
  ownClaimOf(...[key, placement, subject, canonical]: ClaimParts): Claim | undefined {
    const covered = key.namespace === 'batch' || key.namespace === 'system';
    return covered ? undefined : this.claimOf(key, placement, subject, canonical());
  }

  homeOf(claim: Claim): number {
    return this.router.map.shardOf(claim.id);
  }

  /**
   * Carries out a command under its claim. Where the claim comes first, in a commit of its own, what can never be is
   * found by a trial before the key is burnt; `tried`: the caller knows already that it can be.
   */
  carryOut<C extends Claimable>(
    shard: number,
    command: C,
    claim: Claim | undefined,
    origin: Origin,
    { tried = false } = {},
  ): Promise<Answer<C>> {
    if (claim === undefined) return this.router.submit(shard, command, origin);
    if (this.homeOf(claim) === shard)
      return this.router.submit(shard, withClaim(command, claim), origin) as Promise<Answer<C>>;
    return tried
      ? this.claimThenCarryOut(shard, command, claim, origin)
      : this.tryThenCarryOut(shard, command, claim, origin);
  }

  private async tryThenCarryOut<C extends Claimable>(
    shard: number,
    command: C,
    claim: Claim,
    origin: Origin,
  ): Promise<Answer<C>> {
    const trial = await this.router.submit<Command>(shard, command, origin, { dry: true });
    if (trial.kind === 'refused') {
      const reused = await this.reuseOf(claim, origin);
      return (reused === undefined ? trial : { kind: 'refused', rejection: reused }) as Answer<C>;
    }
    return this.claimThenCarryOut(shard, command, claim, origin);
  }

  private async claimThenCarryOut<C extends Claimable>(
    shard: number,
    command: C,
    claim: Claim,
    origin: Origin,
  ): Promise<Answer<C>> {
    const rejection = await this.claimFirst(claim, origin);
    if (rejection !== undefined) return { kind: 'refused', rejection } as Answer<C>;
    return this.router.submit(shard, command, origin);
  }

  /** Takes a claim by itself on its home shard; the rejection if it stands for another request. */
  async claimFirst(claim: Claim, origin: Origin): Promise<Rejection | undefined> {
    const outcome = await this.router.submit(this.homeOf(claim), { kind: 'claim_key', claim }, origin);
    return outcome.kind === 'refused' ? outcome.rejection : undefined;
  }

  /** Whether the key is taken for another request, without taking it. */
  async reuseOf(claim: Claim, origin: Origin): Promise<Rejection | undefined> {
    const command = { kind: 'claim_key', claim } as const;
    const outcome = await this.router.submit(this.homeOf(claim), command, origin, { dry: true });
    return outcome.kind === 'refused' ? outcome.rejection : undefined;
  }
}

/** What most requests come to is written out: a copy by spreading costs ten times as much (docs/performance.md). */
function withClaim(command: Claimable, claim: Claim): Claimable {
  if (command.kind === 'post' && command.details === undefined && command.upTo === undefined) {
    const { kind, tenant, transfer, legs, review } = command;
    if (review !== undefined) return { kind, tenant, transfer, legs, review, claim };
  }
  if (command.kind === 'try' && command.details === undefined && command.upTo === undefined) {
    const { kind, tenant, transfer, legs, coordinator, intent, expiresAt, review } = command;
    if (intent !== undefined && review !== undefined && expiresAt === undefined)
      return { kind, tenant, transfer, legs, coordinator, intent, review, claim };
  }
  return { ...command, claim };
}
