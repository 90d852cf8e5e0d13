import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { buildApi } from '../../src/api/build-api.js';
import type { ApiPorts } from '../../src/api/ports.js';
import { NO_COUNTERS } from '../../src/domain/account.js';
import { type Asset, parseAsset } from '../../src/domain/asset.js';
import type { Origin } from '../../src/domain/command.js';
import { type AccountId, type TransferId, tenantId } from '../../src/domain/ids.js';
import type { NewAccount, NewTransfer } from '../../src/intake/requests.js';
import type { AccountView, TransferView } from '../../src/routing/views.js';

export const API_KEY = 'sk_test_0123456789abcdefghijkl';
export const TENANT = tenantId('shop');
export const ALICE = `acc_${'a'.repeat(32)}` as AccountId;
export const BOB = `acc_${'b'.repeat(32)}` as AccountId;
export const TRANSFER = `tr_${'c'.repeat(32)}` as TransferId;

export function assetOf(text: string): Asset {
  const asset = parseAsset(text);
  if (asset === undefined) throw new Error(`${text} is no asset`);
  return asset;
}

export const accountView = (over: Partial<AccountView> = {}): AccountView => ({
  id: ALICE,
  tenant: TENANT,
  asset: assetOf('CZK'),
  kind: 'account',
  status: 'open',
  openedSeq: 7,
  minBalance: 0n,
  maxBalance: null,
  counters: NO_COUNTERS,
  version: 0,
  metadata: {},
  shard: 1,
  bucket: 0xaaa,
  openedAt: '2026-01-02T03:04:05.678Z',
  ...over,
});

export const transferView = (over: Partial<TransferView> = {}): TransferView => ({
  id: TRANSFER,
  tenant: TENANT,
  kind: 'transfer',
  status: 'posted',
  legs: [{ debit: ALICE, credit: BOB, amount: 1_234n, asset: assetOf('CZK') }],
  createdAt: '2026-01-02T03:04:05.678Z',
  endedAt: '2026-01-02T03:04:05.999Z',
  shards: [1],
  ...over,
});

export interface ApiHarness {
  readonly app: FastifyInstance;
  /** What the ledger behind was asked to do, in order. */
  readonly accounts: { readonly request: NewAccount; readonly origin: Origin }[];
  readonly transfers: { readonly request: NewTransfer; readonly origin: Origin; readonly waitMs: number }[];
  /** Lines of the log. */
  readonly log: Record<string, unknown>[];
  close(): Promise<void>;
}

/** Other answers than the usual: opened, posted, found, ready. */
export type ApiAnswers = Partial<ApiPorts['intake']> & {
  readonly reader?: Partial<ApiPorts['reader']>;
  readonly readiness?: ApiPorts['readiness'];
};

/** The API over a ledger that answers as the test says and remembers what it was asked. */
export async function startApi({
  openAccount,
  transfer,
  reader,
  readiness,
}: ApiAnswers = {}): Promise<ApiHarness> {
  const accounts: ApiHarness['accounts'] = [];
  const transfers: ApiHarness['transfers'] = [];
  const log: ApiHarness['log'] = [];
  const opened = async () => ({ kind: 'opened', account: accountView(), replayed: false }) as const;
  const posted = async () => ({ kind: 'ended', transfer: transferView(), replayed: false }) as const;
  const ports: ApiPorts = {
    intake: {
      openAccount: (request, origin) => {
        accounts.push({ request, origin });
        return (openAccount ?? opened)(request, origin);
      },
      transfer: (request, origin, options) => {
        transfers.push({ request, origin, ...options });
        return (transfer ?? posted)(request, origin, options);
      },
    },
    reader: {
      account: async (tenant, id) => (tenant === TENANT && id === ALICE ? accountView() : undefined),
      entries: async () => [],
      transfer: async (tenant, id) => (tenant === TENANT && id === TRANSFER ? transferView() : undefined),
      ...reader,
    },
    ownerOf: async (token) => (token === API_KEY ? { keyId: 'test', tenant: TENANT } : undefined),
    readiness: readiness ?? (async () => ({ ready: true, parts: { control: 'ok' } })),
  };
  const logger = pino({ level: 'trace' }, { write: (line: string) => void log.push(JSON.parse(line)) });
  const app = await buildApi(ports, logger);
  return { app, accounts, transfers, log, close: () => app.close() };
}
