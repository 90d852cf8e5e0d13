import { DivergenceError } from './divergence.js';
import type { JournalEvent } from './journal-event.js';
import type { ShardSnapshot } from './shard-snapshot.js';

/** A step of a transfer, and what it says that it followed: an event of another shard, after what was read of that one. */
export interface Later {
  readonly shard: number;
  readonly seq: number;
  readonly transfer: string;
  /** `<shard>-<sequence>`. */
  readonly cause: string;
}

const SHOWN = 200;

/**
 * Asks the shards whether they have by now what steps say that they followed: nothing else tells a step that came just after
 * its shard was read from one that nobody began. Throws DivergenceError of the first that is not so.
 */
export async function checkLater(
  later: readonly Later[],
  shards: readonly Pick<ShardSnapshot, 'eventsNow'>[],
): Promise<void> {
  for (const { shard, seq, transfer, cause } of later) {
    const [at = -1, of = 0] = cause.split('-').map(Number);
    const [text = 'none'] = Number.isSafeInteger(of) ? ((await shards[at]?.eventsNow(of - 1, 1)) ?? []) : [];
    if (isAbout(text, transfer)) continue;
    const expected = `one that followed event ${cause} of the same transfer`;
    throw new DivergenceError({ shard, seq, transfer, what: 'step', expected, found: text.slice(0, SHOWN) });
  }
}

function isAbout(text: string, transfer: string): boolean {
  try {
    const { data } = JSON.parse(text) as Partial<JournalEvent>;
    return data?.transfer === transfer || data?.review === transfer;
  } catch {
    return false;
  }
}
