import type { Claim } from '../../../src/domain/claim.js';

/** What each key was used for: the first request that got it, for ever. */
export class NaiveClaims {
  private kept: Claim[] = [];

  /** @param lastBucket the shard owns the buckets from 0 to this one */
  constructor(private readonly lastBucket: number) {}

  refusal(claim: Claim | undefined): string | undefined {
    if (claim === undefined) return undefined;
    const elsewhere = this.elsewhere(claim.id);
    if (elsewhere !== undefined) return elsewhere;
    const known = this.kept.find(({ id }) => id === claim.id);
    if (known === undefined) return undefined;
    const same = known.request === claim.request && known.subject === claim.subject;
    return same ? undefined : 'refused:idempotency_key_reused';
  }

  /** Three hex digits after the prefix are the bucket. */
  elsewhere(id: string): string | undefined {
    return Number(`0x${id.split('_')[1]?.slice(0, 3)}`) > this.lastBucket ? 'refused:wrong_shard' : undefined;
  }

  burn(claim: Claim): string {
    const refusal = this.refusal(claim);
    if (refusal !== undefined) return refusal;
    if (this.kept.some(({ id }) => id === claim.id)) return 'again:done';
    this.keep(claim);
    return 'done';
  }

  keep(claim: Claim | undefined): void {
    if (claim !== undefined && !this.kept.some(({ id }) => id === claim.id)) this.kept.push(claim);
  }

  mark = (): number => this.kept.length;
  reset(mark: number): void {
    this.kept.length = mark;
  }
}
