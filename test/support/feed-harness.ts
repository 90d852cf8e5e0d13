import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { pino } from 'pino';
import { buildApi } from '../../src/api/build-api.js';
import type { ApiPorts } from '../../src/api/ports.js';
import { Watchers } from '../../src/api/streams/watchers.js';
import { type Asset, parseAsset } from '../../src/domain/asset.js';
import type { AccountId, TenantId } from '../../src/domain/ids.js';
import { type Ledger, openLedger } from '../../src/main/ledger.js';
import { createTestShards, TEST_ORIGIN, type TestShards } from './cluster.js';

/** By bearer token. */
export const TENANTS = {
  acme: 'sk_acme_0123456789abcdefghijklmn',
  other: 'sk_other_0123456789abcdefghijklm',
};
export type TenantName = keyof typeof TENANTS;
const EUR = parseAsset('EUR') as Asset;

export interface SsePart {
  readonly id: string;
  /** Undefined for a heartbeat. */
  readonly data: string | undefined;
}

/** A client of a stream as a program would write it: it keeps the last id, and can stop reading. */
export interface StreamClient {
  readonly status: number;
  readonly parts: readonly SsePart[];
  /** The texts of the events so far. */
  texts(): string[];
  /** How it ended: by the server, cleanly or not; undefined while it goes on. */
  ended(): 'clean' | 'cut' | undefined;
  pause(): void;
  resume(): void;
  close(): void;
}

/** A ledger over real shards with two tenants that have accounts on each, and its API on a port. */
export interface FeedHarness {
  readonly shards: TestShards;
  readonly ledger: Ledger;
  readonly watchers: Watchers;
  readonly url: string;
  /** Moves some money of the tenant within that shard; `note` makes the events as large. */
  post(tenant: TenantName, shard: number, count: number, note?: string): Promise<void>;
  /** What the shard itself has of the tenant. */
  bodies(tenant: TenantName, shard: number): Promise<string[]>;
  get(tenant: TenantName, query: string, headers?: Readonly<Record<string, string>>): Promise<PullAnswer>;
  stream(
    tenant: TenantName,
    query?: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<StreamClient>;
  /** Another API over the same ledger. */
  serve(over: Partial<ApiPorts>): Promise<{ readonly url: string; close(): Promise<void> }>;
  close(): Promise<void>;
}

export interface PullAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: {
    readonly data: readonly { readonly tenant: string; readonly shard: string; readonly sequence: string }[];
    readonly next_cursor: string;
    readonly caught_up: boolean;
    readonly code?: string;
    readonly field?: string;
  };
}

export async function startFeed(over: Partial<ApiPorts> = {}): Promise<FeedHarness> {
  const shards = await createTestShards(2);
  const { name: cluster, shardUrls, controlUrl } = shards;
  const ledger = await openLedger({ cluster, shardUrls, controlUrl });
  const tenants = {} as Record<TenantName, TenantId>;
  const accounts = new Map<string, AccountId[]>();
  let keys = 0;
  for (const name of Object.keys(TENANTS) as TenantName[]) {
    tenants[name] = await shards.tenant(name, 'spread');
    for (
      let group = 0;
      [0, 1].some((shard) => (accounts.get(`${name}/${shard}`)?.length ?? 0) < 2);
      group += 1
    ) {
      const opened = await ledger.intake.openAccount(
        {
          tenant: tenants[name],
          key: `account ${keys++}`,
          asset: EUR,
          limits: { minBalance: null },
          placementGroup: `group-${Math.floor(group / 2)}`,
        },
        TEST_ORIGIN,
      );
      if (opened.kind !== 'opened') throw new Error(JSON.stringify(opened));
      const { shard, id } = opened.account;
      accounts.set(`${name}/${shard}`, [...(accounts.get(`${name}/${shard}`) ?? []), id]);
    }
  }
  const watchers = new Watchers({ perTenant: 1_000, perNode: 1_500 });
  const serve = async (own: Partial<ApiPorts>) => {
    const ports = {
      intake: ledger.intake,
      reader: ledger.reader,
      feed: ledger.feed,
      ownerOf: async (token: string) => {
        const found = Object.entries(TENANTS).find(([, key]) => key === token);
        return found && { keyId: found[0], tenant: tenants[found[0] as TenantName] };
      },
      readiness: async () => ({ ready: true, parts: {} }),
      ...own,
    } as ApiPorts;
    const app = await buildApi(ports, pino({ level: 'silent' }));
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    return { url, close: () => app.close() };
  };
  const api = await serve({ watchers, ...over });
  return {
    shards,
    ledger,
    watchers,
    url: api.url,
    serve,
    post: async (name, shard, count, note) => {
      const [debit, credit] = accounts.get(`${name}/${shard}`) ?? [];
      if (debit === undefined || credit === undefined) throw new Error('no accounts');
      await Promise.all(
        Array.from({ length: count }, async () => {
          const legs = [{ debit, credit, amount: 1n, asset: EUR }];
          const details = note === undefined ? {} : { details: { metadata: { a: note, b: note, c: note } } };
          const request = { tenant: tenants[name], key: `transfer ${keys++}`, legs, ...details };
          const { kind } = await ledger.intake.transfer(request, TEST_ORIGIN, { waitMs: 0 });
          if (kind !== 'ended') throw new Error(kind);
        }),
      );
    },
    bodies: async (name, shard) => {
      const query = 'SELECT body FROM events WHERE tenant = $1 ORDER BY seq';
      const { rows } = await shards.owner(shard).query<{ body: string }>(query, [tenants[name]]);
      return rows.map(({ body }) => body);
    },
    get: async (name, query, headers = {}) => {
      const authorization = `Bearer ${TENANTS[name]}`;
      const response = await fetch(`${api.url}/v1/events${query}`, {
        headers: { authorization, ...headers },
      });
      const text = await response.text();
      const json = text.startsWith('{"data"') || response.status !== 200 ? JSON.parse(text) : {};
      return { status: response.status, headers: response.headers, text, json };
    },
    stream: (name, query = '', headers = {}) =>
      openStream(`${api.url}/v1/events/stream${query}`, {
        authorization: `Bearer ${TENANTS[name]}`,
        ...headers,
      }),
    close: async () => {
      await api.close();
      await ledger.close();
      await shards.close();
    },
  };
}

export async function openStream(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<StreamClient> {
  // A connection of its own: closing it says nothing about others.
  const sent = request(url, { headers, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const parts: SsePart[] = [];
  let rest = '';
  let end: 'clean' | 'cut' | undefined;
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    const blocks = `${rest}${chunk}`.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const id = /^id: (.*)$/m.exec(block)?.[1];
      if (id !== undefined) parts.push({ id, data: /^data: (.*)$/m.exec(block)?.[1] });
    }
  });
  response.on('end', () => {
    end ??= 'clean';
  });
  response.on('error', () => {
    end ??= 'cut';
  });
  sent.on('error', () => {
    end ??= 'cut';
  });
  return {
    status: response.statusCode ?? 0,
    parts,
    texts: () => parts.flatMap(({ data }) => (data === undefined ? [] : [data])),
    ended: () => end,
    pause: () => response.pause(),
    resume: () => response.resume(),
    close: () => sent.destroy(),
  };
}

/** The texts of one shard, in the order they came. */
export const ofShard = (texts: readonly string[], shard: number): string[] =>
  texts.filter((text) => (JSON.parse(text) as { shard: string }).shard === String(shard));
