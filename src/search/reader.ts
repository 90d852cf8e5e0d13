import pg from 'pg';
import type { Asset } from '../domain/asset.js';
import type { AccountId, TenantId } from '../domain/ids.js';
import { UnavailableError } from '../errors/shard-errors.js';
import type { Queryable } from '../storage/queryable.js';
import { reaching } from '../storage/reaching.js';
import { idOf } from '../storage/wire.js';
import { withClient } from '../storage/with-client.js';
import { cursorOf, limitOf } from './parameters.js';
import type { SumQuery, TransferQuery } from './requests.js';
import { balanceStatement, sumStatement } from './sum-query.js';
import { lastOf, type Statement, transferStatement } from './transfer-query.js';
import type { EffectiveBalance, FoundTransfer, Page, PrefixSum, ShardLag } from './views.js';

/**
 * Answers from the read model, each with how far the shards' journals were in when it was read. Whoever needs what was
 * acknowledged a moment ago asks the shard (`LedgerReader`). All throw UnavailableError if the database does not answer
 * and InvalidSearchError for a malformed query; unknown and another tenant's are the same.
 */
export class SearchReader {
  constructor(
    /** As the reader role. */
    private readonly pool: pg.Pool,
  ) {}

  /** Newest first, by when they were created. */
  async transfers(tenant: TenantId, query: TransferQuery = {}): Promise<Page<FoundTransfer>> {
    const { rows, lag } = await this.read<TransferRow>(transferStatement(tenant, query));
    const page = rows.slice(0, limitOf(query.limit));
    const last = page.at(-1);
    const more = last !== undefined && rows.length > page.length;
    return { items: page.map(transferOf), ...(more ? { nextCursor: cursorOf(...lastOf(last)) } : {}), lag };
  }

  /** One item an asset, in the order of the assets' names. */
  async sums(tenant: TenantId, query: SumQuery): Promise<Page<PrefixSum>> {
    const { rows, lag } = await this.read<SumRow>(sumStatement(tenant, query));
    const page = rows.slice(0, limitOf(query.limit));
    const last = page.at(-1);
    const more = last !== undefined && rows.length > page.length;
    return { items: page.map(sumOf), ...(more ? { nextCursor: cursorOf(last.asset) } : {}), lag };
  }

  /** What counts at or before a time (RFC 3339); undefined if the tenant has no such account. */
  async balanceAt(tenant: TenantId, account: AccountId, at: string): Promise<EffectiveBalance | undefined> {
    const statement = balanceStatement(tenant, account, at);
    const { rows, lag } = await this.read<BalanceRow>(statement);
    const [row] = rows;
    if (row === undefined) return undefined;
    const [debits, credits] = [BigInt(row.debits), BigInt(row.credits)];
    const time = String(statement.values[2]);
    return { account, asset: row.asset, at: time, debits, credits, balance: credits - debits, lag };
  }

  /** How far each shard's journal is in. */
  async lag(): Promise<ShardLag[]> {
    return reachingSearch(() => readLag(this.pool));
  }

  /** One snapshot of the rows and of the positions they are as of. */
  private async read<Row extends pg.QueryResultRow>({ text, values }: Statement) {
    return reachingSearch(() =>
      withClient(this.pool, async (client) => {
        await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
        // Before the rows, as `reset` empties it before them.
        const lag = await readLag(client);
        const { rows } = await client.query<Row>(text, [...values]);
        await client.query('COMMIT');
        return { rows, lag };
      }),
    );
  }
}

/** Of Postgres: the database, the role or the table is not there. */
const NOT_YET = new Set(['3D000', '22023', '42P01']);

/** Nobody has fed it yet, so it has no tables: as away as if the server were. */
async function reachingSearch<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await reaching('search', read);
  } catch (error) {
    if (error instanceof pg.DatabaseError && NOT_YET.has(error.code ?? '')) {
      throw new UnavailableError('search', 'it was never fed', { cause: error });
    }
    throw error;
  }
}

async function readLag(db: Queryable): Promise<ShardLag[]> {
  const { rows } = await db.query<{ shard: number; seq: string; time: Date | null }>(
    'SELECT shard, seq, time FROM positions ORDER BY shard',
  );
  return rows.map(({ shard, seq, time }) => ({
    shard,
    sequence: Number(seq),
    ...(time === null ? {} : { time: time.toISOString() }),
  }));
}

interface TransferRow {
  readonly id: string;
  readonly kind: FoundTransfer['kind'];
  readonly status: FoundTransfer['status'];
  readonly created_at: Date;
  readonly ended_at: Date | null;
  readonly effective_at: Date | null;
  readonly reference: string | null;
  readonly metadata: Record<string, string> | null;
  readonly parent: string | null;
  readonly legs: string;
}
interface SumRow {
  readonly asset: Asset;
  readonly accounts: string;
  readonly debits: string;
  readonly credits: string;
  readonly debits_pending: string;
  readonly credits_pending: string;
}
type BalanceRow = Pick<SumRow, 'asset' | 'debits' | 'credits'>;

const transferOf = (row: TransferRow): FoundTransfer => ({
  id: idOf('tr', row.id),
  kind: row.kind,
  status: row.status,
  createdAt: row.created_at.toISOString(),
  ...(row.ended_at === null ? {} : { endedAt: row.ended_at.toISOString() }),
  ...(row.effective_at === null ? {} : { effectiveAt: row.effective_at.toISOString() }),
  ...(row.reference === null ? {} : { reference: row.reference }),
  ...(row.metadata === null ? {} : { metadata: row.metadata }),
  ...(row.parent === null ? {} : { of: idOf('tr', row.parent) }),
  legs: (JSON.parse(row.legs) as [string, string, string, Asset][]).map(([debit, credit, amount, asset]) => ({
    debit: idOf('acc', debit),
    credit: idOf('acc', credit),
    amount: BigInt(amount),
    asset,
  })),
});

const sumOf = (row: SumRow): PrefixSum => {
  const [debits, credits] = [BigInt(row.debits), BigInt(row.credits)];
  return {
    asset: row.asset,
    accounts: Number(row.accounts),
    debits,
    credits,
    balance: credits - debits,
    debitsPending: BigInt(row.debits_pending),
    creditsPending: BigInt(row.credits_pending),
  };
};
