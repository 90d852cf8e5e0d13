import {
  defineSearchAttributeKey,
  type SearchAttributePair,
  SearchAttributeType,
  TypedSearchAttributes,
} from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../config/search-attributes.js';
import type { SagaBatch } from '../saga/pump.js';

// A value may have 2 kB and all of a workflow 40: a tenant's name has at most 32 bytes, a pair 11.
const MOST_TENANTS = 50;
const MOST_PAIRS = 150;

const CLUSTER = defineSearchAttributeKey('SaldoCluster', SearchAttributeType.KEYWORD);
const ROUTE = defineSearchAttributeKey('SaldoRoute', SearchAttributeType.KEYWORD);
const TENANTS = defineSearchAttributeKey('SaldoTenants', SearchAttributeType.KEYWORD_LIST);
const PAIRS = defineSearchAttributeKey('SaldoShardPairs', SearchAttributeType.KEYWORD_LIST);
const FIRST = defineSearchAttributeKey('SaldoFirst', SearchAttributeType.INT);
const LAST = defineSearchAttributeKey('SaldoLast', SearchAttributeType.INT);

/** How a batch's workflow is found in Temporal. Of very many tenants or shards only the first are named. */
export function searchAttributesOf(cluster: string, batch: SagaBatch): TypedSearchAttributes {
  const { route, tenants, first, last } = batch;
  const shards = route.split('>').map(Number);
  const pairs = shards.flatMap((a, i) =>
    shards.slice(i + 1).map((b) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  );
  const found: SearchAttributePair[] = [
    { key: CLUSTER, value: cluster },
    // A keyword has at most 255 bytes.
    { key: ROUTE, value: route.slice(0, 255) },
    { key: TENANTS, value: [...new Set(tenants)].slice(0, MOST_TENANTS) },
    { key: PAIRS, value: pairs.slice(0, MOST_PAIRS) },
    { key: FIRST, value: first },
    { key: LAST, value: last },
  ];
  return new TypedSearchAttributes(found);
}

/** The workflows of the batch that the intent of that sequence is in, in Temporal's own language. */
export function workflowQuery(cluster: string, route: readonly number[], seq: number): string {
  const of = `SaldoCluster = '${cluster}' AND SaldoRoute = '${route.join('>').slice(0, 255)}'`;
  return `${of} AND SaldoFirst <= ${seq} AND SaldoLast >= ${seq}`;
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
