import { createHash } from 'node:crypto';
import type { AccountId } from '../domain/ids.js';
import { uuidOf } from '../storage/wire.js';

/**
 * What transfers are found by: hex digits of a uuid each, so that one narrow index serves them all. What a digest stands
 * for is not compared again: whoever finds two texts of one (2^64 attempts) has confused no search but his own tenant's.
 */
export const accountTag = (account: AccountId): string => uuidOf(account);
export const referenceTag = (reference: string): string => digest('reference', reference);
export const metadataTag = (name: string, value: string): string => digest('metadata', name, value);

// As JSON, so that no two lists of texts are written alike.
const digest = (...words: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, 32);
