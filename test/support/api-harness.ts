import type { FastifyInstance, InjectOptions } from 'fastify';
import { type Logger, pino } from 'pino';
import { buildApi } from '../../src/api/build-api.js';
import type { ApiPorts, InDoubtView } from '../../src/api/ports.js';
import { NO_COUNTERS } from '../../src/domain/account.js';
import { type Asset, parseAsset } from '../../src/domain/asset.js';
import { type AccountId, type ScheduleId, type TransferId, tenantId } from '../../src/domain/ids.js';
import type { ScheduleView } from '../../src/routing/schedule-views.js';
import type { AccountView, TransferView } from '../../src/routing/views.js';

export const API_KEY = 'sk_test_0123456789abcdefghijkl';
export const TENANT = tenantId('shop');
export const ALICE = `acc_${'a'.repeat(32)}` as AccountId;
export const BOB = `acc_${'b'.repeat(32)}` as AccountId;
export const REFERENCE = 'customers:alice:main';
export const TRANSFER = `tr_${'c'.repeat(32)}` as TransferId;
export const SCHEDULE = `sch_${'d'.repeat(32)}` as ScheduleId;

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
  reviewDebits: false,
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

export const scheduleView = (over: Partial<ScheduleView> = {}): ScheduleView => ({
  id: SCHEDULE,
  tenant: TENANT,
  status: 'active',
  terms: { legs: transferView().legs },
  rule: {
    rrule: 'FREQ=MONTHLY;BYMONTHDAY=-1',
    timeZone: 'Europe/Prague',
    startsAt: '2040-01-31T08:00:00.000Z',
  },
  missed: 'fire',
  createdAt: '2026-01-02T03:04:05.678Z',
  settled: 0,
  next: { number: 1, due: '2040-01-31T08:00:00.000Z', transfer: TRANSFER },
  ...over,
});

export const inDoubtView = (): InDoubtView => ({
  sagas: [
    {
      transfer: TRANSFER,
      kind: 'transfer',
      state: 'undecided',
      since: '2026-01-02T03:04:05.678Z',
      deadline: '2026-01-02T04:04:05.678Z',
      route: [0, 1],
      legs: transferView().legs,
    },
  ],
  more: 0,
  pairs: [{ shards: [0, 1], asset: assetOf('CZK'), undecided: 1234n, inTransit: 0n, books: 'reconciled' }],
  unreachable: [],
});

type Intake = ApiPorts['intake'];

export interface ApiHarness {
  readonly app: FastifyInstance;
  /** What the ledger behind was asked to do, in order: its method and what it was given. */
  readonly asked: { readonly name: keyof Intake; readonly given: readonly unknown[] }[];
  /** The last thing it was asked to do by that name. */
  last<Name extends keyof Intake>(name: Name): Parameters<Intake[Name]>;
  /** Lines of the log. */
  readonly log: Record<string, unknown>[];
}

/** Other answers than the usual: opened, posted, found, ready. */
export type ApiAnswers = Partial<Intake> & {
  readonly reader?: Partial<ApiPorts['reader']>;
  readonly schedules?: Partial<ApiPorts['schedules']>;
  readonly search?: Partial<ApiPorts['search']>;
  readonly readiness?: ApiPorts['readiness'];
  readonly feed?: ApiPorts['feed'];
  readonly documents?: ReadonlyMap<string, object>;
};

const opened = () => ({ kind: 'opened', account: accountView(), replayed: false }) as const;
const posted = () => ({ kind: 'ended', transfer: transferView(), replayed: false }) as const;

const USUAL: Intake = {
  openAccount: async () => opened(),
  openAccounts: async ({ items }) => items.map(opened),
  changeAccount: async ({ account, change }) => {
    const at = '2026-01-02T03:04:05.678Z';
    return { kind: 'changed', operation: TRANSFER, account, change, at, replayed: false };
  },
  transfer: async () => posted(),
  dryRun: async () => posted(),
  transferBatch: async ({ items }) => items.map(posted),
  capture: async () => posted(),
  void: async () => posted(),
  reverse: async () => posted(),
  transferAt: async ({ at }) => {
    const { endedAt: _, ...asked } = transferView({
      status: 'scheduled',
      scheduled: { schedule: SCHEDULE, for: at },
    });
    return { kind: 'processing', transfer: asked, replayed: false };
  },
  schedule: async () => ({ kind: 'schedule', schedule: scheduleView(), replayed: false }),
  cancelSchedule: async () => {
    const { next: _, ...left } = scheduleView({ status: 'canceled', canceledAt: '2026-01-02T03:04:05.999Z' });
    return { kind: 'schedule', schedule: left, replayed: false };
  },
  cancelScheduledTransfer: async () => ({
    kind: 'ended',
    transfer: transferView({ status: 'canceled' }),
    replayed: false,
  }),
  decide: async () => posted(),
  lookUpKey: async () => ({ kind: 'unused' }),
  burnKey: async () => ({ kind: 'burnt', at: '2026-01-02T03:04:05.678Z' }),
};

const emptyFeed: ApiPorts['feed'] = {
  open: async () => ({
    read: async () => ({ events: [], cursor: 'end', caughtUp: true, unreachable: [] }),
    wait: async () => undefined,
    close: () => undefined,
  }),
};

/** A ledger that answers as the test says and remembers what it was asked. */
export function tellingLedger({
  reader,
  schedules,
  search,
  readiness,
  feed,
  documents,
  ...answers
}: ApiAnswers): Pick<ApiHarness, 'asked' | 'last'> & { readonly ports: ApiPorts } {
  const asked: ApiHarness['asked'] = [];
  const recorded = Object.entries({ ...USUAL, ...answers }).map(([name, answer]) => [
    name,
    (...given: unknown[]) => {
      asked.push({ name: name as keyof Intake, given });
      return (answer as (...all: unknown[]) => unknown)(...given);
    },
  ]);
  const ports: ApiPorts = {
    intake: Object.fromEntries(recorded) as Intake,
    reader: {
      account: async (tenant, id) => (tenant === TENANT && id === ALICE ? accountView() : undefined),
      accountByReference: async (tenant, reference) =>
        tenant === TENANT && reference === REFERENCE ? accountView({ reference }) : undefined,
      entries: async () => [],
      versionAt: async () => 0,
      balanceAt: async (tenant, id, at) =>
        tenant === TENANT && id === ALICE
          ? { account: id, asset: assetOf('CZK'), counters: NO_COUNTERS, version: 0, at }
          : undefined,
      transfer: async (tenant, id) => (tenant === TENANT && id === TRANSFER ? transferView() : undefined),
      reviews: async () => [],
      ...reader,
    },
    schedules: {
      schedules: async () => [scheduleView()],
      schedule: async (tenant, id) =>
        tenant === TENANT && id === SCHEDULE ? scheduleView({ occurrences: [] }) : undefined,
      occurrences: async () => ({ occurrences: [] }),
      ...schedules,
    },
    search: {
      transfers: async () => ({ items: [], lag: [] }),
      sums: async () => ({ items: [], lag: [] }),
      balanceAt: async (_tenant, account, at) =>
        account === ALICE
          ? { account, asset: assetOf('CZK'), at, debits: 0n, credits: 0n, balance: 0n, lag: [] }
          : undefined,
      ...search,
    },
    feed: feed ?? emptyFeed,
    inDoubt: async () => inDoubtView(),
    ...(documents === undefined ? {} : { documents }),
    ownerOf: async (token) => (token === API_KEY ? { keyId: 'test', tenant: TENANT } : undefined),
    readiness: readiness ?? (async () => ({ ready: true, parts: { control: 'ok' } })),
  };
  const last = <Name extends keyof Intake>(name: Name) => {
    const found = asked.filter((one) => one.name === name).at(-1);
    if (found === undefined) throw new Error(`${name} was not asked for`);
    return found.given as Parameters<Intake[Name]>;
  };
  return { ports, asked, last };
}

/** A log that is told line by line. */
export const loggerTo = (tell: (line: Record<string, unknown>) => void): Logger =>
  pino({ level: 'trace' }, { write: (line: string) => tell(JSON.parse(line)) });

/** The API over such a ledger. */
export async function startApi(answers: ApiAnswers = {}): Promise<ApiHarness> {
  const { ports, asked, last } = tellingLedger(answers);
  const log: ApiHarness['log'] = [];
  const app = await buildApi(
    ports,
    loggerTo((line) => log.push(line)),
  );
  return { app, asked, last, log };
}

type Method = Exclude<InjectOptions['method'], undefined>;

/** One request as the tenant, under the key `k` unless told another or none (''). */
export const askApi = (api: ApiHarness, method: Method, url: string, payload?: object, key = 'k') =>
  api.app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${API_KEY}`, ...(key === '' ? {} : { 'idempotency-key': key }) },
    ...(payload === undefined ? {} : { payload }),
  });

export interface DocExample {
  readonly method: string;
  readonly path: string;
  readonly key?: string;
  readonly body?: unknown;
  readonly status: number;
  readonly answer: unknown;
  /** Names that the text below gives to the ids in the answer. */
  readonly names: readonly string[];
}

const EXAMPLE = /```sh\n(ask [\s\S]*?)\n```\n\n`(\d{3})`\n\n```json\n([\s\S]*?)```([\s\S]*?)(?=```sh|$)/g;

/** The commands of a page with their answers; `$NAMES` in them are as written, put in by `fill`. */
export function* docExamples(page: string, fill: (text: string) => string): Generator<DocExample> {
  for (const [, command = '', status, answer = '', after = ''] of page.matchAll(EXAMPLE)) {
    const line = command.replaceAll(/\s*\\\n\s*/g, ' ');
    const [, body] = / -d '(.*)'$/.exec(line) ?? [];
    const [, key] = /-H 'Idempotency-Key: ([^']+)'/.exec(line) ?? [];
    const [, path = ''] = /\$API([^" ]+)/.exec(line) ?? [];
    const [, named = ''] = /into ((?:`\$[A-Z_]+`[, and]*)+)/.exec(after) ?? [];
    yield {
      method: / -X ([A-Z]+)/.exec(line)?.[1] ?? (body === undefined ? 'GET' : 'POST'),
      path: fill(path),
      ...(key === undefined ? {} : { key }),
      ...(body === undefined ? {} : { body: JSON.parse(fill(body.replaceAll("'", ''))) }),
      status: Number(status),
      answer: JSON.parse(answer),
      names: [...named.matchAll(/\$([A-Z_]+)/g)].map(([, name = '']) => name),
    };
  }
}

/** What differs from one run to the next: ids, times, and where things lie. */
export function masked(value: unknown, name = ''): unknown {
  if (['bucket', 'shard', 'shards', 'event', 'instance'].includes(name)) return name;
  if (Array.isArray(value)) return value.map((one) => masked(one));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, masked(one, key)]));
  }
  if (typeof value !== 'string') return value;
  return value
    .replace(/^(acc|tr|key|sch)_[0-9a-f]{32}$/, '$1_')
    .replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'time');
}

type Identified = { readonly id: string };
type Item = { readonly account?: Identified; readonly transfer?: Identified };

/** The id of what was answered, or of each item of a batch. */
export function idsIn(answer: Readonly<Record<string, unknown>>): readonly (string | undefined)[] {
  if (typeof answer['id'] === 'string') return [answer['id']];
  return ((answer['data'] ?? []) as readonly Item[]).map(
    ({ account, transfer }) => (account ?? transfer)?.id,
  );
}
