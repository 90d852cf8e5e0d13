/** Something to wait for: returns when woken or when the time is over, whichever comes first. */
export interface Wake {
  wait(timeoutMs: number): Promise<void>;
}

/** Remembers a wake-up that comes while nobody waits, so that none is missed between two waits. For one waiter. */
export class WakeUp implements Wake {
  private woken = false;
  private release: (() => void) | undefined;

  wake(): void {
    this.woken = true;
    this.release?.();
  }

  async wait(timeoutMs: number): Promise<void> {
    if (!this.woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.release = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.release = undefined;
    }
    this.woken = false;
  }
}
