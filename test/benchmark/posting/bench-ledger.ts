import type { Asset } from '../../../src/domain/asset.js';
import type { AccountId, TenantId } from '../../../src/domain/ids.js';
import { tenantId } from '../../../src/domain/ids.js';
import type { NewTransfer } from '../../../src/intake/requests.js';
import { type Ledger, type LedgerOptions, openLedger } from '../../../src/main/ledger.js';
import type { Placement } from '../../../src/routing/placement.js';
import type { Operation } from '../support/load.js';

export const ORIGIN = { actor: 'key:bench' } as const;
const EUR = 'EUR/2' as Asset;
const BATCH = 1_000;

/** A ledger over databases of its own, as a node opens it, and what a benchmark asks of it. */
export class BenchLedger {
  private constructor(
    readonly ledger: Ledger,
    readonly tenant: TenantId,
    /** Keeps the keys of two processes apart. */
    private readonly prefix: string,
  ) {}
  private keys = 0;

  static async open(
    options: LedgerOptions,
    tenant = 'bench',
    prefix = '',
    placement: Placement = 'compact',
  ): Promise<BenchLedger> {
    const ledger = await openLedger(options);
    const id = tenantId(tenant);
    await ledger.tenants.create(id, placement, ledger.router, ORIGIN);
    return new BenchLedger(ledger, id, prefix);
  }

  /** The same ledger for another tenant. */
  async another(tenant: string): Promise<BenchLedger> {
    const id = tenantId(tenant);
    await this.ledger.tenants.create(id, 'compact', this.ledger.router, ORIGIN);
    return new BenchLedger(this.ledger, id, tenant);
  }

  /** So many accounts without a lower limit: on a compact tenant's one shard, or on that of the placement group. */
  async accounts(count: number, name: string, placementGroup?: string): Promise<AccountId[]> {
    const found: AccountId[] = [];
    const where = placementGroup === undefined ? {} : { placementGroup };
    const terms = { asset: EUR, limits: { minBalance: null }, ...where };
    for (let at = 0; at < count; at += BATCH) {
      const items = Array.from({ length: Math.min(BATCH, count - at) }, () => terms);
      const answers = await this.ledger.intake.openAccounts(
        { tenant: this.tenant, key: `${name} ${at}`, items },
        ORIGIN,
      );
      if ('kind' in answers) throw new Error(JSON.stringify(answers.rejection));
      for (const answer of answers) {
        if (answer.kind !== 'opened') throw new Error(JSON.stringify(answer.rejection));
        found.push(answer.account.id);
      }
    }
    return found;
  }

  nextKey(): string {
    this.keys += 1;
    return `${this.prefix}${this.keys}`;
  }

  request(key: string, debit: AccountId, credit: AccountId): NewTransfer {
    return { tenant: this.tenant, key, legs: [{ debit, credit, amount: 1n, asset: EUR }] };
  }

  /** From the request to the durable answer; counts what was posted. */
  transfers(pick: () => readonly [AccountId, AccountId]): Operation {
    return async () => {
      const [debit, credit] = pick();
      return this.post(this.request(this.nextKey(), debit, credit));
    };
  }

  async post(request: NewTransfer): Promise<boolean> {
    const answer = await this.ledger.intake.transfer(request, ORIGIN, { waitMs: 0 });
    return answer.kind === 'ended' && answer.transfer.status === 'posted' && !answer.replayed;
  }
}

/** Two different accounts, each as likely as any other. */
export function uniform(accounts: readonly AccountId[]): () => readonly [AccountId, AccountId] {
  return () => {
    const first = Math.floor(Math.random() * accounts.length);
    const step = 1 + Math.floor(Math.random() * (accounts.length - 1));
    return pair(accounts, first, (first + step) % accounts.length);
  };
}

/** Zipf's law with exponent 1: the n-th account is picked 1/n as often as the first. */
export function zipf(accounts: readonly AccountId[]): () => readonly [AccountId, AccountId] {
  const total = Math.log(accounts.length + 1);
  // The inverse of the harmonic sum's integral: exact enough, and one exponential a draw.
  const draw = (): number => Math.min(accounts.length - 1, Math.floor(Math.exp(Math.random() * total)) - 1);
  return () => {
    const first = draw();
    let second = draw();
    while (second === first) second = draw();
    return pair(accounts, first, second);
  };
}

/** One account on the one side of every transfer. */
export function hot(accounts: readonly AccountId[]): () => readonly [AccountId, AccountId] {
  return () => pair(accounts, 1 + Math.floor(Math.random() * (accounts.length - 1)), 0);
}

function pair(accounts: readonly AccountId[], a: number, b: number): readonly [AccountId, AccountId] {
  const [debit, credit] = [accounts[a], accounts[b]];
  if (debit === undefined || credit === undefined) throw new RangeError(`no accounts ${a} and ${b}`);
  return [debit, credit];
}
