import type { ApiClient } from './api-client.js';
import { type BankRow, type Counterpart, counterpartOf, creditLines } from './bank-rows.js';
import { inParallel } from './in-parallel.js';

export interface DemoAccount {
  readonly id: string;
  readonly shard: number;
}

export interface DemoAccounts {
  readonly customers: ReadonlyMap<string, DemoAccount>;
  /** The bank's own and its partners' accounts: one of each on every shard. */
  readonly counterparts: ReadonlyMap<string, DemoAccount>;
}

export const counterpartKey = (name: Counterpart, shard: number): string => `${name} @ ${shard}`;

/** The customers' accounts over the shards by their ids; cash, interest, fees and each partner bank's on every shard. */
export async function openAccounts(
  client: ApiClient,
  rows: readonly BankRow[],
  shards: number,
  onOpened: () => void,
): Promise<DemoAccounts> {
  const groups = await branchOfEachShard(client, shards);
  const lines = creditLines(rows);
  const customers = new Map<string, DemoAccount>();
  await inParallel([...new Set(rows.map(({ account }) => account))], 32, async (name) => {
    const body = { asset: 'CZK', min_balance: lines.get(name) ?? '0', metadata: { name } };
    customers.set(name, await open(client, `customer ${name}`, body));
    onOpened();
  });
  const counterparts = new Map<string, DemoAccount>();
  const names = [...new Set(rows.map(counterpartOf))];
  const wanted = names.flatMap((name) => [...groups].map(([shard, group]) => ({ name, shard, group })));
  await inParallel(wanted, 32, async ({ name, shard, group }) => {
    const body = { asset: 'CZK', min_balance: null, metadata: { name }, placement_group: group };
    counterparts.set(counterpartKey(name, shard), await open(client, `${name} ${group}`, body));
  });
  return { customers, counterparts };
}

/** A placement group for each shard: the first branch whose accounts come to lie there. */
async function branchOfEachShard(client: ApiClient, shards: number): Promise<Map<number, string>> {
  const groups = new Map<number, string>();
  for (let branch = 1; groups.size < shards; branch += 1) {
    const group = `branch-${branch}`;
    const body = { asset: 'CZK', min_balance: null, metadata: { name: 'vault' }, placement_group: group };
    const { shard } = await open(client, `vault ${group}`, body);
    if (!groups.has(shard)) groups.set(shard, group);
  }
  return groups;
}

async function open(client: ApiClient, key: string, body: unknown): Promise<DemoAccount> {
  const answer = await client.post(0, '/v1/accounts', body, key);
  if (answer.status !== 201)
    throw new Error(`opening "${key}" was answered ${answer.status}: ${answer.body}`);
  return JSON.parse(answer.body) as DemoAccount;
}
