import type { Asset } from '../../domain/asset.js';
import type { AccountId, TenantId, TransferId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { idOf, stepCode } from '../wire.js';

/** An in-transit account and what it holds: credits posted less debits posted, minor units. */
export interface InTransitRow {
  readonly account: AccountId;
  readonly tenant: TenantId;
  readonly peer: number;
  readonly asset: Asset;
  readonly balance: bigint;
}

/** Every in-transit account of the shard. */
export async function readInTransit(db: Queryable): Promise<InTransitRow[]> {
  const { rows } = await db.query<{
    id: string;
    tenant: TenantId;
    peer: number;
    asset: Asset;
    balance: string | null;
  }>({
    name: 'read-in-transit',
    text: `SELECT a.id, a.tenant, a.peer, a.asset, n.balance FROM accounts a
             LEFT JOIN LATERAL (SELECT credits_posted - debits_posted AS balance FROM entries
                                 WHERE account = a.id ORDER BY version DESC LIMIT 1) n ON true
            WHERE a.kind = 'in_transit'`,
  });
  return rows.map(({ id, tenant, peer, asset, balance }) => ({
    account: idOf<AccountId>('acc', id),
    tenant,
    peer,
    asset,
    balance: BigInt(balance ?? 0),
  }));
}

/** The transfers whose coordinator is this shard and that have not ended, oldest first. */
export async function readAllOpenIntents(db: Queryable): Promise<TransferId[]> {
  const { rows } = await db.query<{ transfer: string }>({
    name: 'read-all-open-intents',
    text: 'SELECT transfer FROM open_intents ORDER BY seq',
  });
  return rows.map(({ transfer }) => idOf<TransferId>('tr', transfer));
}

/** The transfers that this shard posted its part of after an event of its journal. */
export async function readPostedSince(db: Queryable, seq: number): Promise<TransferId[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'read-posted-since',
    text: 'SELECT DISTINCT id FROM steps WHERE seq > $1 AND step IN ($2, $3)',
    values: [seq, stepCode('pivot'), stepCode('confirm')],
  });
  return rows.map(({ id }) => idOf<TransferId>('tr', id));
}
