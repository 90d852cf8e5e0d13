import { InvalidSearchError } from '../errors/invalid-search-error.js';
import { instantOf } from './instant.js';

export const MAX_LIMIT = 1_000;
const DEFAULT_LIMIT = 100;

/** @throws InvalidSearchError */
export function limitOf(limit = DEFAULT_LIMIT): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new InvalidSearchError('limit', `A page has 1 to ${MAX_LIMIT} items.`);
}

/** @throws InvalidSearchError */
export function instant(text: string, field: string): string {
  const found = instantOf(text);
  if (found === undefined) throw new InvalidSearchError(field, 'A time is written as RFC 3339 has it.');
  return found;
}

/** Nothing that is stored has these: the database would refuse even to compare them. @throws InvalidSearchError */
export function plain(text: string, field: string): string {
  if (text.isWellFormed() && !text.includes('\u0000')) return text;
  throw new InvalidSearchError(field, 'Text may hold neither U+0000 nor half a surrogate pair.');
}

/** Opaque to callers: the texts that say after which item a page begins. */
export const cursorOf = (...words: readonly string[]): string =>
  Buffer.from(JSON.stringify(words)).toString('base64url');

/** After which transfer: when it was created, and its id's hex digits. @throws InvalidSearchError */
export function transferCursor(cursor: string): readonly [string, string] {
  const [time, uuid] = wordsOf(cursor);
  if (time === undefined || uuid === undefined || instantOf(time) !== time || !/^[0-9a-f]{32}$/.test(uuid))
    none();
  return [time, uuid];
}

/** After which asset. @throws InvalidSearchError */
export function assetCursor(cursor: string): string {
  const [asset, other] = wordsOf(cursor);
  if (asset === undefined || other !== undefined || !/^[A-Z0-9_]+\/[0-9]+$/.test(asset)) none();
  return asset;
}

function wordsOf(cursor: string): string[] {
  try {
    const words: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return none();
}

function none(): never {
  throw new InvalidSearchError('cursor', 'This cursor is none of ours.');
}
