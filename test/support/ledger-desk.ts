import type { AccountId } from '../../src/domain/ids.js';
import type { NewTransfer, TransferAnswer } from '../../src/intake/requests.js';
import type { AccountView, TransferView } from '../../src/routing/views.js';
import { TEST_ORIGIN } from './cluster.js';
import { CZK } from './compact-tenant.js';
import { type SagaCluster, startSagaCluster } from './saga-cluster.js';
import { until } from './until.js';

/** What became of a transfer that must have ended. */
export function ended(answer: TransferAnswer): TransferView {
  if (answer.kind !== 'ended') throw new Error(JSON.stringify(answer));
  return answer.transfer;
}

/** One leg in crowns, in minor units. */
export const leg = (debit: { id: AccountId }, credit: { id: AccountId }, amount: bigint) => ({
  debit: debit.id,
  credit: credit.id,
  amount,
  asset: CZK,
});

/** A whole ledger of two shards, and the few gestures with which its operations are tried. */
export class LedgerDesk {
  private keys = 0;
  private constructor(readonly cluster: SagaCluster) {}

  static async open(): Promise<LedgerDesk> {
    const cluster = await startSagaCluster(2);
    cluster.startWorker();
    cluster.startPumps();
    await cluster.startRelays();
    return new LedgerDesk(cluster);
  }

  /** Whatever was done, the journal tells it all, and the books agree with it. */
  async close(): Promise<void> {
    await until('the journal is complete', async () => (await this.cluster.audit()).clean);
    await this.cluster.close();
  }

  /** An idempotency key not used before. */
  readonly key = (): string => {
    this.keys += 1;
    return `k${this.keys}`;
  };

  /** A payer with 100.00, a payee and a fee account, together on one shard. */
  readonly three = async (shard = 0): Promise<[AccountView, AccountView, AccountView]> => {
    const { cluster, key } = this;
    const [bank, payer, payee, fees] = await Promise.all([
      cluster.open(key(), shard),
      cluster.open(key(), shard, { minBalance: 0n }),
      cluster.open(key(), shard, { minBalance: 0n }),
      cluster.open(key(), shard),
    ]);
    await cluster.move(key(), bank, payer, 10_000n);
    return [payer, payee, fees];
  };

  readonly counters = async ({ id }: AccountView) => {
    const account = await this.cluster.ledger.reader.account(this.cluster.tenant, id);
    if (account === undefined) throw new Error(`no account ${id}`);
    return account.counters;
  };

  /** A transfer that ends at once. */
  readonly put = async (request: Omit<NewTransfer, 'tenant'>): Promise<TransferView> => {
    const { ledger, tenant } = this.cluster;
    return ended(await ledger.intake.transfer({ ...request, tenant }, TEST_ORIGIN, { waitMs: 0 }));
  };
}
