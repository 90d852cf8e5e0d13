import type { Claim } from '../domain/claim.js';
import type { Origin } from '../domain/command.js';
import {
  type ClaimId,
  claimIdOf,
  isScheduleId,
  isTransferId,
  type TenantId,
  transferIdOf,
} from '../domain/ids.js';
import { decodeEvent } from '../journal/decode.js';
import { keyBucketOf } from '../routing/placement.js';
import type { ShardPools } from '../storage/shard-pools.js';
import { readAccounts } from '../storage/statements/read-accounts.js';
import { readHistory } from '../storage/statements/read-history.js';
import { readSchedules } from '../storage/statements/read-schedules.js';
import { canonicalBurn, isBatchClaim, requestHashes } from './canonical-request.js';
import { clientKey, type Keys } from './keys.js';
import type { KeyAnswer } from './requests.js';

/** Questions about keys: what one was used for, and that it shall never be used. */
export class KeyDesk {
  constructor(
    private readonly keys: Keys,
    /** As the posting role. */
    private readonly pools: ShardPools,
  ) {}

  async look(tenant: TenantId, key: string): Promise<KeyAnswer> {
    const { digest } = clientKey(tenant, key);
    const placement = await this.keys.placementOf(tenant);
    const id = claimIdOf(keyBucketOf(tenant, placement, digest), digest);
    const kept = await this.claim(id);
    if (kept === undefined) return { kind: 'unused' };
    const { claim, at } = kept;
    if (claim.request === requestHashes(canonicalBurn).request) return { kind: 'burnt', at };
    // Its items may be on their way, whatever became of whoever asked.
    if (isBatchClaim(claim)) return { kind: 'used', at, effect: true };
    const { subject } = claim;
    const shard = this.keys.router.map.shardOf(subject);
    if (isScheduleId(subject)) {
      const schedules = await this.pools.read(shard, (pool) => readSchedules(pool, [subject]));
      return { kind: 'used', subject, at, effect: schedules.length > 0 };
    }
    if (!isTransferId(subject)) {
      const accounts = await this.pools.read(shard, (pool) => readAccounts(pool, [subject]));
      return { kind: 'used', subject, at, effect: accounts.length > 0 };
    }
    const history = await this.pools.read(shard, (pool) => readHistory(pool, [subject]));
    const own = history
      .map(({ body }) => decodeEvent(body).event)
      .filter(
        (event) => event.type === 'schedule.created' || ('transfer' in event && event.transfer === subject),
      );
    const [first] = own;
    if (first?.type === 'transfer.canceled' && first.tombstone) return { kind: 'burnt', at };
    return { kind: 'used', subject, at, effect: first !== undefined };
  }

  /**
   * Makes sure that the key never has an effect, unless it has one: afterwards a request under it is refused. A key
   * that was claimed by a transfer's request that never came to its effect is burnt as well; one that was claimed for
   * an account is not, since there is nothing that would keep the account from being opened.
   */
  async burn(tenant: TenantId, key: string, origin: Origin): Promise<KeyAnswer> {
    const placement = await this.keys.placementOf(tenant);
    const identity = clientKey(tenant, key);
    const bucket = keyBucketOf(tenant, placement, identity.digest);
    const nothing = transferIdOf(bucket, identity.digest);
    const claim = this.keys.claimOf(identity, placement, nothing, canonicalBurn);
    const taken = await this.keys.claimFirst(claim, origin);
    const found = await this.look(tenant, key);
    const subject = found.kind === 'used' && !found.effect ? found.subject : undefined;
    if (taken === undefined || subject === undefined || !isTransferId(subject)) return found;
    const shard = this.keys.router.map.shardOf(subject);
    const cancel = { kind: 'cancel', tenant, transfer: subject, coordinator: shard } as const;
    await this.keys.router.submit(
      shard,
      { ...cancel, reason: { code: 'operator' }, unlessBegun: true },
      origin,
    );
    return this.look(tenant, key);
  }

  private async claim(id: ClaimId): Promise<{ readonly claim: Claim; readonly at: string } | undefined> {
    const home = this.keys.router.map.shardOf(id);
    for (const { body } of await this.pools.read(home, (pool) => readHistory(pool, [], [id]))) {
      const { event, envelope } = decodeEvent(body);
      if ('claim' in event && event.claim?.id === id) return { claim: event.claim, at: envelope.time };
    }
    return undefined;
  }
}
