import type { TransferId } from '../../src/domain/ids.js';
import type { Part } from '../../src/domain/transfer.js';
import type { TransferAnswer } from '../../src/intake/requests.js';
import type { AccountView, TransferView } from '../../src/routing/views.js';
import { TEST_ORIGIN } from './cluster.js';
import { CZK } from './compact-tenant.js';
import type { SagaCluster } from './saga-cluster.js';

export const WAIT = { waitMs: 30_000 };
let keys = 0;

export const key = (): string => `k${++keys}`;
export const viewOf = (answer: TransferAnswer): TransferView => {
  if (answer.kind === 'refused') throw new Error(JSON.stringify(answer));
  return answer.transfer;
};
export const legOf = (from: AccountView, to: AccountView, amount: bigint) => ({
  debit: from.id,
  credit: to.id,
  amount,
  asset: CZK,
});
type Legs = ReturnType<typeof legOf>[];

/** What tests of holds whose debits lie on several shards do with a cluster of three. */
export class HoldDesk {
  constructor(private readonly on: SagaCluster) {}

  get ledger() {
    return this.on.ledger;
  }
  /** The payers' accounts may go below zero. */
  accounts = (name: string, limits = {}): Promise<AccountView[]> =>
    Promise.all([0, 1, 2].map((shard) => this.on.open(`${name} ${shard}`, shard, limits)));
  holding = (legs: Legs, hold: { expiresAt?: string } = {}) => ({
    tenant: this.on.tenant,
    key: key(),
    legs,
    hold,
  });
  hold = async (legs: Legs, hold: { expiresAt?: string } = {}, wait = WAIT): Promise<TransferView> =>
    viewOf(await this.ledger.intake.transfer(this.holding(legs, hold), TEST_ORIGIN, wait));
  capture = (hold: TransferId, final: boolean, parts?: Part[]) =>
    this.ledger.intake.capture(
      { tenant: this.on.tenant, key: key(), hold, final, ...(parts === undefined ? {} : { parts }) },
      TEST_ORIGIN,
      WAIT,
    );
  voiding = (hold: TransferId) => ({ tenant: this.on.tenant, key: key(), hold });
  read = async (id: TransferId): Promise<TransferView> => {
    const view = await this.ledger.reader.transfer(this.on.tenant, id);
    if (view === undefined) throw new Error(`no transfer ${id}`);
    return view;
  };
  /** Balance, pending debits, pending credits of each. */
  figures = (all: readonly AccountView[]): Promise<[bigint, bigint, bigint][]> =>
    Promise.all(
      all.map(async ({ id }) => {
        const account = await this.ledger.reader.account(this.on.tenant, id);
        if (account === undefined) throw new Error(`no account ${id}`);
        const { creditsPosted, debitsPosted, debitsPending, creditsPending } = account.counters;
        return [creditsPosted - debitsPosted, debitsPending, creditsPending];
      }),
    );
}
/** From three payers, one on each shard, crosswise to three shops. */
export const crosswise = (payers: readonly AccountView[], shops: readonly AccountView[]): Legs =>
  payers.map((payer, i) => legOf(payer, shops[(i + 1) % 3] as AccountView, 10n * BigInt(i + 1)));
