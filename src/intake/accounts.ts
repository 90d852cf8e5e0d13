import { type Account, NO_COUNTERS } from '../domain/account.js';
import type { Origin } from '../domain/command.js';
import { accountIdOf, bucketOf, transferIdOf } from '../domain/ids.js';
import { decodeEvent } from '../journal/decode.js';
import type { Written } from '../posting/answer.js';
import { accountBucketOf } from '../routing/placement.js';
import type { AccountView } from '../routing/views.js';
import type { ShardPools } from '../storage/shard-pools.js';
import { eventAt } from '../storage/statements/read-events.js';
import { canonicalAccount, canonicalChange, canonicalReference } from './canonical-request.js';
import { clientKey, type KeyIdentity, type Keys, referenceKey } from './keys.js';
import type { AccountAnswer, AccountChangeAnswer, AccountTerms, NewAccountChange } from './requests.js';

/** Opens and changes accounts, each under a key. Errors mean that the outcome is unknown: repeat the request. */
export class AccountIntake {
  constructor(
    private readonly keys: Keys,
    /** As the posting role. */
    private readonly pools: ShardPools,
  ) {}

  async open(key: KeyIdentity, terms: AccountTerms, origin: Origin): Promise<AccountAnswer> {
    const { tenant, digest } = key;
    const { asset, limits, metadata = {}, placementGroup, reference } = terms;
    const { router } = this.keys;
    const placement = await this.keys.placementOf(tenant);
    if (placement === 'compact' && placementGroup !== undefined) {
      return { kind: 'refused', rejection: { code: 'placement_not_allowed' } };
    }
    const account = accountIdOf(accountBucketOf(tenant, placement, digest, placementGroup), digest);
    const claim = this.keys.ownClaimOf(key, placement, account, () => canonicalAccount(terms));
    const shard = router.map.shardOf(account);
    const command = {
      kind: 'open_account' as const,
      tenant,
      account,
      asset,
      limits: { minBalance: 0n, maxBalance: null, ...limits },
      metadata,
      ...(reference === undefined ? {} : { reference }),
    };
    const named = reference === undefined ? undefined : referenceKey(tenant, reference);
    const referenceClaim = named && this.keys.claimOf(named, placement, account, canonicalReference(account));
    const away = referenceClaim !== undefined && this.keys.homeOf(referenceClaim) !== shard;
    if (referenceClaim !== undefined && away) {
      // The key first: a request that repeats another's key must not take its reference from it.
      const refusal =
        (claim && (await this.keys.reuseOf(claim, origin))) ??
        (await this.takeReference(referenceClaim, origin));
      if (refusal !== undefined) return { kind: 'refused', rejection: refusal };
    }
    const whole = away || referenceClaim === undefined ? command : { ...command, referenceClaim };
    const answer = await this.keys.carryOut(shard, whole, claim, origin);
    if (answer.kind === 'refused') return { kind: 'refused', rejection: answer.rejection };
    const written = answer.written ?? (await this.recorded(shard, answer.seq));
    return { kind: 'opened', account: openedView(written, answer.seq, shard), replayed: answer.replayed };
  }

  async change(request: NewAccountChange, origin: Origin): Promise<AccountChangeAnswer> {
    const { tenant, account, change } = request;
    const key = clientKey(tenant, request.key);
    const operation = transferIdOf(bucketOf(account), key.digest);
    const placement = await this.keys.placementOf(tenant);
    const claim = this.keys.claimOf(key, placement, operation, canonicalChange(request));
    const shard = this.keys.router.map.shardOf(account);
    const command = { kind: 'change_account', tenant, operation, account, change } as const;
    const answer = await this.keys.carryOut(shard, command, claim, origin);
    if (answer.kind === 'refused') return { kind: 'refused', rejection: answer.rejection };
    const { event, time: at } = answer.written ?? (await this.recorded(shard, answer.seq));
    if (event.type !== 'account.changed' && event.type !== 'account.change_rejected') {
      throw new Error(`event ${answer.seq} of shard ${shard} changes no account`);
    }
    const rejection = event.type === 'account.changed' ? {} : { rejection: event.rejection };
    const { replayed } = answer;
    return {
      kind: 'changed',
      operation,
      account,
      change: event.change,
      at,
      ...rejection,
      replayed,
    };
  }

  private async recorded(shard: number, seq: number): Promise<Written> {
    const { event, envelope } = decodeEvent(await this.pools.read(shard, (pool) => eventAt(pool, seq)));
    return { event, time: envelope.time };
  }

  private async takeReference(claim: Parameters<Keys['claimFirst']>[0], origin: Origin) {
    const refusal = await this.keys.claimFirst(claim, origin);
    return refusal?.code === 'idempotency_key_reused' ? ({ code: 'reference_taken' } as const) : refusal;
  }
}

/** The account as it was opened, whatever became of it since: so a repeat gets the same bytes. */
function openedView({ event, time }: Written, seq: number, shard: number): AccountView {
  if (event.type !== 'account.opened') throw new Error(`event ${seq} of shard ${shard} opens no account`);
  const { account: id, tenant, asset, kind, limits, metadata, reference } = event;
  const account: Account = {
    id,
    tenant,
    asset,
    kind,
    ...limits,
    ...(reference === undefined ? {} : { reference }),
    status: 'open',
    reviewDebits: false,
    openedSeq: seq,
    counters: NO_COUNTERS,
    version: 0,
  };
  return { ...account, metadata, shard, bucket: bucketOf(id), openedAt: time };
}
