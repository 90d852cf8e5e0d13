import type pg from 'pg';
import { type OpenIntent, readOpenIntents } from '../storage/statements/read-open-intents.js';

interface Waiting {
  /** In the order of their sequence. */
  readonly queue: OpenIntent[];
  /** Up to here all of the route's were taken in. */
  upTo: number;
}

export interface WaitingIntentsOptions {
  /** As the posting role. */
  readonly pool: pg.Pool;
  /** Nothing may be acted on that a failover can undo. */
  readonly barrier: { pass(): Promise<void> };
  /** Most of one route that are held here; the others stay in the shard. */
  readonly most: number;
}

/** Read in one go. */
const PAGE = 1_000;

/**
 * A shard's open intents that wait for a saga, by route. Each is read from the shard once, since a commit always adds
 * the highest sequences; what is held here may be forgotten at any time and is read again.
 */
export class WaitingIntents {
  private readonly routes = new Map<string, Waiting>();
  private upTo = 0;
  private forgotten = 0;
  /** Routes that the last reading left out, though there may have been room. */
  private closed: ReadonlySet<string> = new Set();

  constructor(private readonly options: WaitingIntentsOptions) {}

  /**
   * Takes in the next ones, without those that somebody is at; true if there may be more. `closed`: routes on which nothing can
   * begin for now. What waits there stays in the shard, however much it is, and keeps no other from being read.
   */
  async read(
    isUnderWay: (intent: OpenIntent) => boolean,
    closed: ReadonlySet<string> = new Set(),
  ): Promise<boolean> {
    const { pool, barrier, most } = this.options;
    for (const route of this.closed)
      if (!closed.has(route)) this.upTo = Math.min(this.upTo, this.of(route).upTo);
    this.closed = closed;
    const full = [...this.routes].filter(([, { queue }]) => queue.length >= most).map(([route]) => route);
    const except = [...new Set([...full, ...closed])];
    const { forgotten } = this;
    const { intents, upTo } = await readOpenIntents(pool, PAGE, { after: this.upTo, except });
    if (intents.length > 0) await barrier.pass();
    if (this.forgotten !== forgotten) return true;
    for (const intent of intents) {
      const waiting = this.of(intent.route);
      // Read before, or no room: it is read again when there is.
      if (intent.seq <= waiting.upTo || waiting.queue.length >= most) continue;
      waiting.upTo = intent.seq;
      if (!isUnderWay(intent)) waiting.queue.push(intent);
    }
    this.upTo = upTo;
    return intents.length === PAGE;
  }

  /** How many wait, by route, the one whose turn came first before the others. */
  counts(): (readonly [route: string, count: number])[] {
    const oldest = ({ queue }: Waiting): number => queue[0]?.seq ?? 0;
    return [...this.routes]
      .filter(([, { queue }]) => queue.length > 0)
      .sort(([, a], [, b]) => oldest(a) - oldest(b))
      .map(([route, { queue }]) => [route, queue.length]);
  }

  /**
   * The oldest of some routes, to be carried on: by route, each in the order of its sequence. Each route has an equal share
   * before the oldest of all have the rest: one with thousands that wait keeps no other from its turn.
   */
  take(routes: readonly string[], count: number): Map<string, OpenIntent[]> {
    const share = Math.floor(count / routes.length);
    const queues = routes.map((route) => this.of(route).queue);
    const rest = count - queues.reduce((sum, { length }) => sum + Math.min(length, share), 0);
    const later = queues.flatMap((queue) => queue.slice(share, share + rest)).sort((a, b) => a.seq - b.seq);
    const last = rest === 0 ? 0 : (later[rest - 1]?.seq ?? Number.POSITIVE_INFINITY);
    const taken = new Map<string, OpenIntent[]>();
    for (const route of routes) {
      const { queue, upTo } = this.of(route);
      const end = queue.findIndex(({ seq }, index) => index >= share && seq > last);
      if (end === 0 || queue.length === 0) continue;
      // What there was no room for comes after.
      if (queue.length >= this.options.most) this.upTo = Math.min(this.upTo, upTo);
      taken.set(route, queue.splice(0, end < 0 ? queue.length : end));
    }
    return taken;
  }

  forget(): void {
    this.routes.clear();
    this.upTo = 0;
    this.forgotten += 1;
  }

  private of(route: string): Waiting {
    const known = this.routes.get(route);
    if (known !== undefined) return known;
    const waiting = { queue: [], upTo: 0 };
    this.routes.set(route, waiting);
    return waiting;
  }
}
