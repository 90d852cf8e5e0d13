import type { Limits } from '../../src/domain/account.js';
import { type Asset, parseAsset } from '../../src/domain/asset.js';
import type { OpenAccount, PostTransfer } from '../../src/domain/command.js';
import {
  type AccountId,
  accountIdOf,
  claimIdOf,
  keyDigest,
  type TenantId,
  transferIdOf,
} from '../../src/domain/ids.js';
import type { Leg } from '../../src/domain/transfer.js';
import { canonicalTransfer, requestHashes } from '../../src/intake/canonical-request.js';
import type { ShardWriter } from '../../src/posting/shard-writer.js';
import { homeBucketOf } from '../../src/routing/placement.js';
import { TEST_ORIGIN } from './cluster.js';

export const CZK = ((): Asset => {
  const asset = parseAsset('CZK');
  if (asset === undefined) throw new Error('CZK is not known');
  return asset;
})();

/** Builds commands for a tenant whose accounts and keys share one bucket, for tests of posting itself. */
export class CompactTenant {
  readonly bucket: number;

  constructor(readonly tenant: TenantId) {
    this.bucket = homeBucketOf(tenant);
  }

  account(name: string): AccountId {
    return accountIdOf(this.bucket, keyDigest(this.tenant, 'client', `account ${name}`));
  }

  opening(name: string, limits: Partial<Limits> = {}): OpenAccount {
    const defaults = { minBalance: null, maxBalance: null };
    const account = this.account(name);
    return {
      kind: 'open_account',
      tenant: this.tenant,
      account,
      asset: CZK,
      limits: { ...defaults, ...limits },
      metadata: {},
    };
  }

  async open(
    writer: ShardWriter,
    names: readonly string[],
    limits: Partial<Limits> = {},
  ): Promise<AccountId[]> {
    await Promise.all(names.map((name) => writer.submit(this.opening(name, limits), TEST_ORIGIN)));
    return names.map((name) => this.account(name));
  }

  legs = (debit: AccountId, credit: AccountId, amount: bigint) => [{ debit, credit, amount, asset: CZK }];

  post(key: string, debit: AccountId, credit: AccountId, amount: bigint): PostTransfer {
    const legs = this.legs(debit, credit, amount);
    return this.keyed(key, { kind: 'post', legs }, legs);
  }

  /** A command with the ids and the claim that its key gives it; `request`: what the key is for. */
  keyed<const C extends object>(key: string, command: C, request: readonly Leg[] = []) {
    const { tenant, bucket } = this;
    const digest = keyDigest(tenant, 'client', key);
    const transfer = transferIdOf(bucket, digest);
    const hashes = requestHashes(canonicalTransfer({ legs: request }));
    const claim = {
      id: claimIdOf(bucket, digest),
      tenant,
      namespace: 'client' as const,
      key,
      subject: transfer,
      ...hashes,
    };
    return { ...command, tenant, transfer, claim };
  }
}
