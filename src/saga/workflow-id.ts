import type { IntentRange } from '../storage/statements/read-open-intents.js';

/** A batch as its workflow's id tells it. */
export interface SagaWorkflowId {
  readonly cluster: string;
  /** The coordinator first, the pivot last. */
  readonly route: readonly number[];
  readonly first: number;
  readonly last: number;
  /** Of the workflow code that began it. */
  readonly version: string;
}

/**
 * `saga/<cluster>/<coordinator>-<participants…>/<first>-<last>/<version>`: the sequences of the first and the last intent,
 * and the version of the workflow code, so that a pump never waits for a workflow that other code would have to go on with.
 */
export const sagaWorkflowId = (
  cluster: string,
  { route, first, last }: IntentRange,
  version: string,
): string => `saga/${cluster}/${route.replaceAll('>', '-')}/${first}-${last}/${version}`;

/** Undefined if it is no saga's. */
export function parseSagaWorkflowId(text: string): SagaWorkflowId | undefined {
  const [, cluster, route, first, last, version] =
    /^saga\/([^/]+)\/(\d+(?:-\d+)+)\/(\d+)-(\d+)\/([0-9a-f]+)$/.exec(text) ?? [];
  if (cluster === undefined || route === undefined || version === undefined) return undefined;
  return { cluster, route: route.split('-').map(Number), first: Number(first), last: Number(last), version };
}
