/** The shards that have answered all they were asked so far. */
export class Answering {
  readonly unreachable: number[] = [];
  readonly reasons: string[] = [];
  private readonly shards: Set<number>;

  constructor(shards: Iterable<number>) {
    this.shards = new Set(shards);
  }

  /** Asks all of them at once; what a shard that fails would have said is missing. */
  async ask<T>(question: (shard: number) => Promise<T>): Promise<Map<number, T>> {
    const asked = [...this.shards].sort((a, b) => a - b);
    const answers = await Promise.allSettled(asked.map(question));
    const said = new Map<number, T>();
    answers.forEach((answer, index) => {
      const shard = asked[index];
      if (shard === undefined) return;
      if (answer.status === 'fulfilled') {
        said.set(shard, answer.value);
      } else {
        this.shards.delete(shard);
        this.unreachable.push(shard);
        this.reasons.push(answer.reason instanceof Error ? answer.reason.message : String(answer.reason));
      }
    });
    return said;
  }
}

/** Some of what all shards have of a kind, for an operator. */
export interface Listing<T> {
  readonly items: readonly T[];
  /** How many there are besides. */
  readonly more: number;
  /** Shards that did not answer: nothing is said of what they have. */
  readonly unreachable: readonly number[];
  /** Why, in the order of `unreachable`. */
  readonly reasons: readonly string[];
}

/** Asks each shard for its first `limit` items in that order, and how many it has, and keeps the first of all. */
export async function listingOf<T>(
  shards: Iterable<number>,
  limit: number,
  order: (a: T, b: T) => number,
  ask: (shard: number) => Promise<{ readonly items: readonly T[]; readonly all: number }>,
): Promise<Listing<T>> {
  const answering = new Answering(shards);
  const found = [...(await answering.ask(ask)).values()];
  const { unreachable, reasons } = answering;
  const items = found.flatMap((one) => one.items).sort(order);
  const all = found.reduce((sum, one) => sum + one.all, 0);
  const shown = items.slice(0, limit);
  return { items: shown, more: all - shown.length, unreachable, reasons };
}
