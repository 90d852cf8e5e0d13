import type { Step, StepResult } from '../domain/transfer.js';

/** How ids and codes stand in a shard's tables: an id without its prefix is a uuid, a step is a small number. */
export const uuidOf = (id: string): string => id.slice(id.indexOf('_') + 1);

/** `acc_` + the uuid's hex digits; Postgres prints uuids with dashes. */
export const idOf = <T extends string>(prefix: 'acc' | 'tr' | 'key', uuid: string): T =>
  `${prefix}_${uuid.replaceAll('-', '')}` as T;

const STEPS: readonly Step[] = ['post', 'try', 'pivot', 'confirm', 'cancel'];
const RESULTS: readonly StepResult[] = ['done', 'rejected', 'tombstone'];

export const stepCode = (step: Step): number => STEPS.indexOf(step) + 1;
export const resultCode = (result: StepResult): number => RESULTS.indexOf(result) + 1;
export const stepOf = (code: number): Step => known(STEPS[code - 1], code);
export const resultOf = (code: number): StepResult => known(RESULTS[code - 1], code);

/** An array literal joined by hand: needs no escaping because its items are numbers, uuids and tenant ids. */
export const arrayLiteral = (items: readonly (string | number | boolean)[]): string => `{${items.join(',')}}`;

export const uuidArray = (ids: Iterable<string>): string => `{${Array.from(ids, uuidOf).join(',')}}`;

function known<T>(value: T | undefined, code: number): T {
  if (value === undefined) throw new Error(`unknown code ${code} in the steps table`);
  return value;
}
