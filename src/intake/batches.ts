import type { HoldTransfer, Origin, PostTransfer } from '../domain/command.js';
import { type TenantId, transferIdOf } from '../domain/ids.js';
import { keyBucketOf, type Placement } from '../routing/placement.js';
import type { AccountIntake } from './accounts.js';
import { canonicalAccountBatch, canonicalTransferBatch } from './canonical-request.js';
import type { Endings } from './endings.js';
import { clientKey, itemKey, type Keys } from './keys.js';
import type {
  AccountAnswer,
  NewAccountBatch,
  NewTransferBatch,
  Refused,
  TransferAnswer,
} from './requests.js';
import type { TransferIntake } from './transfers.js';

/**
 * Many at once under one key. The batch's key is claimed first, in a commit of its own, for the whole of the request:
 * from then on each item's effect is fixed, and its id is made of the key and its index.
 */
export class BatchIntake {
  constructor(
    private readonly keys: Keys,
    private readonly accounts: AccountIntake,
    private readonly transfers: TransferIntake,
    private readonly endings: Endings,
  ) {}

  /** One answer for each item, in order; an item that fails leaves the others alone. */
  async openAccounts(
    { tenant, key, items }: NewAccountBatch,
    origin: Origin,
  ): Promise<AccountAnswer[] | Refused> {
    const placement = await this.keys.placementOf(tenant);
    const refused = await this.claim(tenant, key, placement, canonicalAccountBatch(items), origin);
    if (refused !== undefined) return refused;
    return Promise.all(
      items.map((terms, index) => this.accounts.open(itemKey(tenant, key, index), terms, origin)),
    );
  }

  /** One answer for each item, in order; of a linked batch either all are posted or none. */
  async transfer(
    request: NewTransferBatch,
    origin: Origin,
    waitMs: number,
  ): Promise<TransferAnswer[] | Refused> {
    const { tenant, key, items, linked } = request;
    if (linked) return this.linked(request, origin);
    const placement = await this.keys.placementOf(tenant);
    const refused = await this.claim(tenant, key, placement, canonicalTransferBatch(items, false), origin);
    if (refused !== undefined) return refused;
    return Promise.all(
      items.map((terms, index) =>
        this.transfers.transfer(itemKey(tenant, key, index), terms, origin, waitMs),
      ),
    );
  }

  private async linked(
    { tenant, key, items: terms }: NewTransferBatch,
    origin: Origin,
  ): Promise<TransferAnswer[] | Refused> {
    const placement = await this.keys.placementOf(tenant);
    const canonical = canonicalTransferBatch(terms, true);
    const prepared = terms.map((one, index) =>
      this.transfers.prepare(itemKey(tenant, key, index), one, placement),
    );
    const shard = prepared[0]?.shard ?? 0;
    const items = prepared.map(({ command }) => command as PostTransfer | HoldTransfer);
    const apart = prepared.findIndex((one) => one.route.kind !== 'local' || one.shard !== shard);
    const trial =
      apart >= 0
        ? ({ kind: 'refused', rejection: { code: 'across_shards', index: apart } } as const)
        : await this.keys.router.submit(shard, { kind: 'linked', items }, origin, { dry: true });
    if (trial.kind === 'refused') {
      // What can never be leaves the key alone, unless it is taken already.
      const claim = this.claimOf(tenant, key, placement, canonical);
      const reused = await this.keys.reuseOf(claim, origin);
      return reused === undefined ? trial : { kind: 'refused', rejection: reused };
    }
    const refused = await this.claim(tenant, key, placement, canonical, origin);
    if (refused !== undefined) return refused;
    const answer = await this.keys.router.submit(shard, { kind: 'linked', items }, origin);
    if (answer.kind === 'refused') return answer;
    return Promise.all(
      prepared.map(async ({ transfer }, index): Promise<TransferAnswer> => {
        const view = await this.endings.view(transfer, shard);
        return { kind: 'ended', transfer: view, replayed: answer.items[index]?.replayed ?? false };
      }),
    );
  }

  private async claim(
    tenant: TenantId,
    key: string,
    placement: Placement,
    canonical: Readonly<Record<string, unknown>>,
    origin: Origin,
  ): Promise<Refused | undefined> {
    const rejection = await this.keys.claimFirst(this.claimOf(tenant, key, placement, canonical), origin);
    return rejection === undefined ? undefined : { kind: 'refused', rejection };
  }

  /** Its subject is the id that a transfer of this key would have: a batch makes many, none of them this one. */
  private claimOf(
    tenant: TenantId,
    key: string,
    placement: Placement,
    canonical: Readonly<Record<string, unknown>>,
  ) {
    const identity = clientKey(tenant, key);
    const subject = transferIdOf(keyBucketOf(tenant, placement, identity.digest), identity.digest);
    return this.keys.claimOf(identity, placement, subject, canonical);
  }
}
