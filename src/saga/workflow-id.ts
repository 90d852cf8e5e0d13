/** The batches of a workflow: of which routes, and the coordinator's sequences of the first and the last of their intents. */
export interface BatchRange {
  /** Coordinator, participants in order, pivot last, `0>1`; all of one coordinator. */
  readonly routes: readonly string[];
  readonly first: number;
  readonly last: number;
}

/** Batches as their workflow's id tells them. */
export interface SagaWorkflowId {
  readonly cluster: string;
  /** Each with the coordinator first, the pivot last. */
  readonly routes: readonly (readonly number[])[];
  readonly first: number;
  readonly last: number;
  /** Of the workflow code that began it. */
  readonly version: string;
}

/**
 * A workflow's id may have 255 bytes where Temporal's own database is SQL (else 1,000), and the longest name of a cluster, two
 * sequences and the version are some of them: only a route that is longer by itself has more.
 */
export const MOST_ROUTE_BYTES = 170;

/**
 * `saga/<cluster>/<routes>/<first>-<last>/<version>`, a route being `<coordinator>-<participants…>` and the next one after a
 * `+`. With the version of the workflow code, so that a pump never waits for a workflow that other code would have to go on with.
 */
export const sagaWorkflowId = (
  cluster: string,
  { routes, first, last }: BatchRange,
  version: string,
): string => `saga/${cluster}/${routes.join('+').replaceAll('>', '-')}/${first}-${last}/${version}`;

/** Undefined if it is no saga's. */
export function parseSagaWorkflowId(text: string): SagaWorkflowId | undefined {
  const [, cluster, routes, first, last, version] =
    /^saga\/([^/]+)\/(\d+(?:-\d+)+(?:\+\d+(?:-\d+)+)*)\/(\d+)-(\d+)\/([0-9a-f]+)$/.exec(text) ?? [];
  if (cluster === undefined || routes === undefined || version === undefined) return undefined;
  const parsed = routes.split('+').map((route) => route.split('-').map(Number));
  return { cluster, routes: parsed, first: Number(first), last: Number(last), version };
}
