/** Lines and entries, each list ascending. */
export interface Group {
  readonly lines: readonly number[];
  readonly entries: readonly number[];
}

/** What hangs together by shared lines or entries; in memory only what is linked, not the links. */
export class Links {
  /** By node, another of its group, or itself: lines as they are, entries below zero. */
  private readonly parents = new Map<number, number>();
  private readonly counts = new Map<number, number>();

  /** A line and an entry; each pair once. */
  add(line: number, entry: number): void {
    const [a, b] = [this.rootOf(line), this.rootOf(-1 - entry)];
    const count = (this.counts.get(a) ?? 0) + (a === b ? 0 : (this.counts.get(b) ?? 0)) + 1;
    if (a !== b) {
      this.parents.set(b, a);
      this.counts.delete(b);
    }
    this.counts.set(a, count);
  }

  /** In the order of the first link of each. `complete`: each of its lines is linked with each of its entries. */
  groups(): (Group & { readonly complete: boolean })[] {
    const found = new Map<number, { lines: number[]; entries: number[] }>();
    for (const node of this.parents.keys()) {
      const root = this.rootOf(node);
      const group = found.get(root) ?? { lines: [], entries: [] };
      if (node < 0) group.entries.push(-1 - node);
      else group.lines.push(node);
      found.set(root, group);
    }
    return [...found].map(([root, { lines, entries }]) => ({
      lines: lines.sort((a, b) => a - b),
      entries: entries.sort((a, b) => a - b),
      complete: this.counts.get(root) === lines.length * entries.length,
    }));
  }

  private rootOf(node: number): number {
    let at = node;
    for (;;) {
      const above = this.parents.get(at);
      if (above === at) return at;
      if (above === undefined) {
        this.parents.set(at, at);
        return at;
      }
      const higher = this.parents.get(above) ?? above;
      this.parents.set(at, higher);
      at = higher;
    }
  }
}
