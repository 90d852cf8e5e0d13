import {
  defineSearchAttributeKey,
  type SearchAttributePair,
  SearchAttributeType,
  TypedSearchAttributes,
} from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../config/search-attributes.js';
import type { SagaBatches } from '../saga/pump.js';

// A value may have 2 kB and all of a workflow 40: a tenant's name has at most 32 bytes, a pair 11.
const MOST_TENANTS = 50;
const MOST_PAIRS = 150;

const CLUSTER = defineSearchAttributeKey('SaldoCluster', SearchAttributeType.KEYWORD);
const ROUTE = defineSearchAttributeKey('SaldoRoute', SearchAttributeType.KEYWORD);
const TENANTS = defineSearchAttributeKey('SaldoTenants', SearchAttributeType.KEYWORD_LIST);
const PAIRS = defineSearchAttributeKey('SaldoShardPairs', SearchAttributeType.KEYWORD_LIST);
const FIRST = defineSearchAttributeKey('SaldoFirst', SearchAttributeType.INT);
const LAST = defineSearchAttributeKey('SaldoLast', SearchAttributeType.INT);

/** How a workflow is found in Temporal. Of very many tenants or shards only the first are named. */
export function searchAttributesOf(cluster: string, batches: SagaBatches): TypedSearchAttributes {
  const { routes, tenants, first, last } = batches;
  const shards = routes.map((route) => route.split('>').map(Number));
  // What a route's workflow is looked for by comes first.
  const pairs = [...shards.map(pairOf), ...shards.flatMap(pairsOf)];
  const found: SearchAttributePair[] = [
    { key: CLUSTER, value: cluster },
    // A keyword has at most 255 bytes.
    { key: ROUTE, value: routes.join(' ').slice(0, 255) },
    { key: TENANTS, value: [...new Set(tenants)].slice(0, MOST_TENANTS) },
    { key: PAIRS, value: [...new Set(pairs)].slice(0, MOST_PAIRS) },
    { key: FIRST, value: first },
    { key: LAST, value: last },
  ];
  return new TypedSearchAttributes(found);
}

/** The lower shard first, of the first two of a route. */
const pairOf = ([a = 0, b = 0]: readonly number[]): string => `${Math.min(a, b)}-${Math.max(a, b)}`;
const pairsOf = (route: readonly number[]): string[] =>
  route.flatMap((a, i) => route.slice(i + 1).map((b) => pairOf([a, b])));

/** The workflows that may carry a route's intent of that sequence, in Temporal's own language. */
export function workflowQuery(cluster: string, route: readonly number[], seq: number): string {
  const of = `SaldoCluster = '${cluster}' AND SaldoRoute STARTS_WITH '${route[0]}>'`;
  return `${of} AND SaldoShardPairs = '${pairOf(route)}' AND SaldoFirst <= ${seq} AND SaldoLast >= ${seq}`;
}

const INDEXED_VALUE_TYPE = { Keyword: 2, Int: 3, KeywordList: 7 } as const;

/** Registers what the namespace does not have yet; any number of nodes may do so at once. */
export async function ensureSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(SEARCH_ATTRIBUTES).filter(
    ([name]) => customAttributes?.[name] === undefined,
  );
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(
    missing.map(([name, type]) => [name, INDEXED_VALUE_TYPE[type]] as const),
  );
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}
