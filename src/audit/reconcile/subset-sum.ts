/** Which of some amounts make up a total. */
export interface SubsetSum {
  /** None; just these; in `several` ways; or it would have taken more steps to say. */
  readonly kind: 'none' | 'one' | 'several' | 'too_many';
  /** One, or two of several: indices into the amounts, ascending. */
  readonly ways: readonly (readonly number[])[];
  /** How many it took. */
  readonly steps: number;
}

export interface SubsetLimits {
  /** How many amounts; two at least. */
  readonly atMost: number;
  readonly steps: number;
}

const MOST_AMOUNTS = 1_000;

/** Looks for all ways, or two. Every amount is above zero. */
export function subsetSum(total: bigint, amounts: readonly bigint[], limits: SubsetLimits): SubsetSum {
  const all = [...amounts.entries()].filter(([, amount]) => amount < total);
  if (all.reduce((sum, [, amount]) => sum + amount, 0n) < total) return { kind: 'none', ways: [], steps: 0 };
  if (all.length > MOST_AMOUNTS || limits.steps <= 0) return { kind: 'too_many', ways: [], steps: 0 };
  const order = all
    .map(([index, amount]) => ({ amount, index }))
    .sort((a, b) => (a.amount === b.amount ? a.index - b.index : a.amount > b.amount ? -1 : 1));
  /** What all from there on make. */
  const rest: bigint[] = new Array(order.length + 1).fill(0n);
  for (let i = order.length - 1; i >= 0; i -= 1) rest[i] = (rest[i + 1] ?? 0n) + (order[i]?.amount ?? 0n);
  const ways: number[][] = [];
  const taken: number[] = [];
  const dead = new Set<string>();
  let steps = 0;
  const found = (more: readonly { readonly index: number }[]): true => {
    ways.push([...taken, ...more.map(({ index }) => index)].sort((a, b) => a - b));
    return true;
  };
  /** Whether anything was found from there on; ends at the second way. */
  const search = (from: number, need: bigint, left: number): boolean => {
    const sum = rest[from] ?? 0n;
    if (need === 0n) return found([]);
    if (left === 0 || sum < need || ways.length > 1) return false;
    // They are above zero: if all of them make it, nothing less does.
    if (sum === need) return order.length - from <= left && found(order.slice(from));
    const state = `${from} ${left} ${need}`;
    if (dead.has(state)) return false;
    steps += 1;
    if (steps > limits.steps) return false;
    const { amount = 0n, index = 0 } = order[from] ?? {};
    let any = false;
    if (amount <= need) {
      taken.push(index);
      any = search(from + 1, need - amount, left - 1);
      taken.pop();
    }
    any = search(from + 1, need, left) || any;
    if (!any) dead.add(state);
    return any;
  };
  search(0, total, limits.atMost);
  if (ways.length > 1) return { kind: 'several', ways, steps };
  if (steps > limits.steps) return { kind: 'too_many', ways: [], steps };
  return { kind: ways.length === 1 ? 'one' : 'none', ways, steps };
}
