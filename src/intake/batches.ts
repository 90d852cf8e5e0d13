import type { HoldTransfer, Origin, PostTransfer } from '../domain/command.js';
import type { AccountIntake } from './accounts.js';
import { canonicalAccount, canonicalTransfer, inBatch } from './canonical-request.js';
import { batchKey, type Keys } from './keys.js';
import type {
  AccountAnswer,
  NewAccountBatch,
  NewTransferBatch,
  Refused,
  TransferAnswer,
} from './requests.js';
import type { PreparedTransfer, TransferIntake } from './transfers.js';

/** Many at once under one key: each item has a key of its own, made of the batch's and its index. */
export class BatchIntake {
  constructor(
    private readonly keys: Keys,
    private readonly accounts: AccountIntake,
    private readonly transfers: TransferIntake,
  ) {}

  /** One answer for each item, in order; an item that fails leaves the others alone. */
  async openAccounts({ tenant, key, items }: NewAccountBatch, origin: Origin): Promise<AccountAnswer[]> {
    const canonical = inBatch(items.map(canonicalAccount), false);
    return Promise.all(
      items.map((terms, index) =>
        this.accounts.open(batchKey(tenant, key, index), terms, origin, canonical(index)),
      ),
    );
  }

  /** One answer for each item, in order; of a linked batch either all are posted or none. */
  async transfer(
    request: NewTransferBatch,
    origin: Origin,
    waitMs: number,
  ): Promise<TransferAnswer[] | Refused> {
    const { tenant, key, items, linked } = request;
    const canonical = inBatch(items.map(canonicalTransfer), linked);
    if (linked) return this.linked(request, canonical, origin);
    return Promise.all(
      items.map((terms, index) =>
        this.transfers.transfer(batchKey(tenant, key, index), terms, origin, waitMs, canonical(index)),
      ),
    );
  }

  private async linked(
    { tenant, key, items }: NewTransferBatch,
    canonical: (index: number) => Readonly<Record<string, unknown>>,
    origin: Origin,
  ): Promise<TransferAnswer[] | Refused> {
    const placement = await this.keys.placementOf(tenant);
    const prepared = items.map((terms, index) =>
      this.transfers.prepare(batchKey(tenant, key, index), terms, canonical(index), placement),
    );
    const shard = prepared[0]?.shard ?? 0;
    const apart = prepared.findIndex((one) => one.route.kind !== 'local' || one.shard !== shard);
    if (apart >= 0) return { kind: 'refused', rejection: { code: 'across_shards', index: apart } };
    const { router } = this.keys;
    const bare = prepared.map(({ command }) => command as PostTransfer | HoldTransfer);
    const away = prepared.filter(({ claim }) => this.keys.homeOf(claim) !== shard);
    if (away.length > 0) {
      const trial = await router.submit(shard, { kind: 'linked', items: bare }, origin, { dry: true });
      if (trial.kind === 'refused') return trial;
    }
    for (const { claim } of away) {
      const rejection = await this.keys.claimFirst(this.keys.homeOf(claim), claim, origin);
      if (rejection !== undefined) return { kind: 'refused', rejection };
    }
    const claimed = bare.map((command, index) => withClaim(command, prepared[index], away));
    const answer = await router.submit(shard, { kind: 'linked', items: claimed }, origin);
    if (answer.kind === 'refused') return answer;
    return Promise.all(
      prepared.map(async ({ transfer }, index): Promise<TransferAnswer> => {
        const view = await this.transfers.view(transfer, shard);
        return { kind: 'ended', transfer: view, replayed: answer.items[index]?.replayed ?? false };
      }),
    );
  }
}

const withClaim = (
  command: PostTransfer | HoldTransfer,
  prepared: PreparedTransfer | undefined,
  away: readonly PreparedTransfer[],
): PostTransfer | HoldTransfer =>
  prepared === undefined || away.includes(prepared) ? command : { ...command, claim: prepared.claim };
