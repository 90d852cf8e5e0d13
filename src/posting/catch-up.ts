import { evolve } from '../domain/evolve.js';
import { decodeEvent, UnknownEventError } from '../journal/decode.js';
import { WRITER_VERSION } from '../journal/envelope.js';
import { hashOf } from '../journal/hash.js';
import type { Queryable } from '../storage/queryable.js';
import { readEvents } from '../storage/statements/read-events.js';
import { type Head, readHead } from '../storage/statements/read-head.js';
import { readIdentity } from '../storage/statements/read-identity.js';
import type { ShardCache } from './shard-cache.js';

/** More missed events than this and reading them costs more than reading what is needed anew. */
const MOST_EVENTS = 5_000;

/**
 * Brings the cache from `known` to the shard's head by the events it missed. Where they are too many, or the head does
 * not descend from what is known, the copy is dropped instead. Returns the head; throws UnknownEventError for an event
 * of a newer release. `lock`: nobody else writes until the transaction `db` is in ends.
 */
export async function catchUp(
  db: Queryable,
  cache: ShardCache,
  known: Head | undefined,
  { lock = false, writer = WRITER_VERSION } = {},
): Promise<Head> {
  const head = await readHead(db, { lock });
  if (head.writerVersion > writer) {
    throw new UnknownEventError(
      `the shard needs writer version ${head.writerVersion}, this node writes ${writer}`,
    );
  }
  if (known?.seq === head.seq && known.hash === head.hash) return head;
  const followed = known !== undefined && (await follow(db, cache, known, head));
  if (!followed) cache.clear();
  if (cache.identity() === undefined) {
    const identity = await readIdentity(db);
    if (identity !== undefined) cache.setIdentity(identity);
  }
  return head;
}

async function follow(db: Queryable, cache: ShardCache, known: Head, head: Head): Promise<boolean> {
  const count = head.seq - known.seq;
  if (count <= 0 || count > MOST_EVENTS) return false;
  const missed = await readEvents(db, known.seq, count);
  const decoded = missed.map(({ body }) => ({ ...decodeEvent(body), hash: hashOf(body) }));
  let hash = known.hash;
  for (const event of decoded) {
    if (event.envelope.prev !== hash) return false;
    hash = event.hash;
  }
  if (hash !== head.hash) return false;
  for (const { event, seq } of decoded) evolve(cache, event, seq);
  return true;
}
