import { hash } from 'node:crypto';
import type { JournalEvent } from './journal-event.js';

/** What is wrong with an event: which rule, what was expected, what was found. */
type Wrong = readonly [what: string, expected: string, found: string];

/** What ids of one key share, after the three digits that are a bucket (docs/journal-format.md). */
export const keyDigits = (tenant: string, namespace: string, key: string): string =>
  hash('sha256', `saldo/key/v1\n${tenant}\n${namespace}\n${key}`, 'hex').slice(3, 32);

/** P4: a claim has the id of its own key, so that a key that is claimed twice is found by it. */
export function claimWrong({ tenant = '', data }: JournalEvent): Wrong | undefined {
  for (const claim of [data.claim, data.reference_claim]) {
    if (claim === undefined) continue;
    const { id, namespace, key } = claim;
    const expected = `key_${id.slice(4, 7)}${keyDigits(tenant, namespace, key)}`;
    if (id !== expected) return ['id of a claim', expected, id];
  }
  return undefined;
}
