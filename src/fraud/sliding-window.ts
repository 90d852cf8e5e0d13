export interface Movement {
  readonly at: number;
  readonly amount: bigint;
  readonly parties: readonly string[];
}

/** Most movements that a window of one account keeps: its sums then begin with the oldest that is kept. */
export const MAX_KEPT = 10_000;

/** What moved within a time that ends now: count, sum and different parties, kept up with at a constant cost a movement. */
export class SlidingWindow {
  private readonly kept: Movement[] = [];
  private first = 0;
  private total = 0n;
  private readonly partyCounts = new Map<string, number>();

  constructor(private readonly lengthMs: number) {}

  /** Times of one window never go backwards. */
  add(movement: Movement): void {
    this.kept.push(movement);
    this.total += movement.amount;
    for (const party of movement.parties) this.partyCounts.set(party, (this.partyCounts.get(party) ?? 0) + 1);
    this.forget(movement.at);
  }

  /** Forgets what is older than the window, seen from `now`. */
  forget(now: number): void {
    for (let oldest = this.kept[this.first]; oldest !== undefined; oldest = this.kept[this.first]) {
      if (oldest.at > now - this.lengthMs && this.count <= MAX_KEPT) break;
      this.first += 1;
      this.total -= oldest.amount;
      for (const party of oldest.parties) this.drop(party);
    }
    // Moving what is left costs as much as it saves once half is gone.
    if (this.first > 32 && this.first * 2 > this.kept.length) {
      this.kept.splice(0, this.first);
      this.first = 0;
    }
  }

  get count(): number {
    return this.kept.length - this.first;
  }

  get sum(): bigint {
    return this.total;
  }

  get parties(): number {
    return this.partyCounts.size;
  }

  private drop(party: string): void {
    const left = (this.partyCounts.get(party) ?? 1) - 1;
    if (left === 0) this.partyCounts.delete(party);
    else this.partyCounts.set(party, left);
  }
}
