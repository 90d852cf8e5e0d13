import { visible } from './visible.js';

/** Where the books first are not what the journal says, by name. */
export interface Divergence {
  /** -1 where it lies between shards. */
  readonly shard: number;
  /** The event it was found at; absent for what concerns the end. */
  readonly seq?: number;
  readonly account?: string;
  readonly transfer?: string;
  /** Which rule or which row. */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/** Thrown where it is found; ends the reading of that shard. */
export class DivergenceError extends Error {
  override readonly name = 'DivergenceError';
  constructor(readonly divergence: Divergence) {
    super(describe(divergence));
  }
}

/** What the work found to diverge, if it did; other errors are thrown on. */
export async function divergenceOf(work: () => Promise<void>): Promise<Divergence | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof DivergenceError) return error.divergence;
    throw error;
  }
}

export function divergenceOfSync(work: () => void): Divergence | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof DivergenceError) return error.divergence;
    throw error;
  }
}

export function describe({ shard, seq, account, transfer, what, expected, found }: Divergence): string {
  const where = [
    ...(shard < 0 ? [] : [`shard ${shard}`]),
    ...(seq === undefined ? [] : [`sequence ${seq}`]),
    ...(account === undefined ? [] : [`account ${account}`]),
    ...(transfer === undefined ? [] : [`transfer ${transfer}`]),
  ];
  return visible(
    `${[...(where.length === 0 ? [] : [where.join(', ')]), what].join(': ')}: expected ${expected}, found ${found}`,
  );
}
