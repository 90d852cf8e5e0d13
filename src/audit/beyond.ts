import { DivergenceError } from './divergence.js';
import type { ShardSnapshot } from './shard-snapshot.js';

const SHOWN = 200;

/**
 * What a topic has behind the last event of a shard's snapshot: the shard may have gone on since, the topic not without it, and
 * an event that stands there twice is not one of the shard's.
 */
export class Beyond {
  private fault: DivergenceError | undefined;

  /** `seq`: of the snapshot's last event. */
  constructor(
    private readonly shard: number,
    private seq: number,
    private readonly snapshot: Pick<ShardSnapshot, 'eventsNow'>,
  ) {}

  /** Takes the next texts. */
  async take(texts: readonly string[]): Promise<void> {
    if (texts.length === 0 || this.fault !== undefined) return;
    const own = await this.snapshot.eventsNow(this.seq, texts.length);
    const at = texts.findIndex((text, i) => text !== own[i]);
    this.seq += texts.length;
    if (at < 0) return;
    const seq = this.seq - texts.length + at + 1;
    this.fault = new DivergenceError({
      shard: this.shard,
      seq,
      what: 'end of the journal',
      expected: `the shard's own event ${seq}, or nothing`,
      found: texts[at]?.slice(0, SHOWN) ?? '',
    });
  }

  /** @throws DivergenceError of the first that is not the shard's own: what else is wrong is told before that */
  finish(): void {
    if (this.fault !== undefined) throw this.fault;
  }
}
