import type { Step } from '../domain/transfer.js';

/** How ids and codes stand in a shard's tables: an id without its prefix is a uuid, a step is a small number. */
export const uuidOf = (id: string): string => id.slice(id.indexOf('_') + 1);

/** `acc_` + the uuid's hex digits; Postgres prints uuids with dashes. */
export const idOf = <T extends string>(prefix: 'acc' | 'tr' | 'key' | 'sch', uuid: string): T =>
  `${prefix}_${uuid.replaceAll('-', '')}` as T;

const STEPS: readonly (Step | 'claim')[] = [
  'claim',
  'post',
  'try',
  'pivot',
  'confirm',
  'cancel',
  'hold',
  'capture',
  'void',
  'expire',
  'change',
  'schedule',
  'unschedule',
  'review',
  'approve',
  'decline',
];

/** `claim`: a key taken by itself, its effect in another event or under another id. */
export const stepCode = (step: Step | 'claim'): number => STEPS.indexOf(step);

/** An array literal joined by hand: needs no escaping because its items are numbers, uuids and tenant ids. */
export const arrayLiteral = (items: readonly (string | number | boolean)[]): string => `{${items.join(',')}}`;

export const uuidArray = (ids: Iterable<string>): string => `{${Array.from(ids, uuidOf).join(',')}}`;
