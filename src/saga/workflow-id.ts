import type { IntentRange } from '../storage/statements/read-open-intents.js';

/** A batch as its workflow's id tells it. */
export interface SagaWorkflowId {
  readonly cluster: string;
  /** The coordinator first, the pivot last. */
  readonly route: readonly number[];
  readonly first: number;
  readonly last: number;
}

/** `saga/<cluster>/<coordinator>-<participants…>/<first>-<last>`: the sequences of the first and the last intent. */
export const sagaWorkflowId = (cluster: string, { route, first, last }: IntentRange): string =>
  `saga/${cluster}/${route.replaceAll('>', '-')}/${first}-${last}`;

/** Undefined if it is no saga's. */
export function parseSagaWorkflowId(text: string): SagaWorkflowId | undefined {
  const [, cluster, route, first, last] = /^saga\/([^/]+)\/(\d+(?:-\d+)+)\/(\d+)-(\d+)$/.exec(text) ?? [];
  if (cluster === undefined || route === undefined) return undefined;
  return { cluster, route: route.split('-').map(Number), first: Number(first), last: Number(last) };
}
