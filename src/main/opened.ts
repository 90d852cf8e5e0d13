/** What a node has begun, to be ended outside in: the last first, so requests before the books. */
export class Opened {
  private readonly closing: (() => unknown)[] = [];

  /** `close` may return a promise, which is waited for. */
  add(close: () => unknown): void {
    this.closing.push(close);
  }

  /** Ends all of it, each once; what fails to end keeps nothing else from ending, and is thrown afterwards. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.closing.pop(); close !== undefined; close = this.closing.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
