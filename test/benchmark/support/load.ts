/** One operation; false if it did not do what it should, which is not counted. */
export type Operation = () => Promise<boolean>;

export interface LoadResult {
  readonly seconds: number;
  readonly done: number;
  /** Latencies in milliseconds, sorted. */
  readonly latencies: readonly number[];
}

export interface Window {
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Called when the measured window begins and when it has ended. */
  readonly onStart: () => Promise<void>;
  readonly onEnd: () => Promise<void>;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Closed loop: so many always under way, the next as soon as one has ended. */
export async function closedLoop(
  operation: Operation,
  inFlight: number,
  window: Window,
): Promise<LoadResult> {
  const meter = new Meter();
  let running = true;
  const worker = async (): Promise<void> => {
    while (running) {
      const started = performance.now();
      const counts = await operation();
      if (counts) meter.add(performance.now() - started);
    }
  };
  const workers = Array.from({ length: inFlight }, worker);
  const result = await meter.over(window);
  running = false;
  await Promise.all(workers);
  return result;
}

/**
 * Open loop: so many a second, however long they take. Latency counts from when one was due, so that a stall is seen
 * by all that came during it (no coordinated omission).
 */
export async function openLoop(operation: Operation, perSecond: number, window: Window): Promise<LoadResult> {
  const meter = new Meter();
  const pending = new Set<Promise<void>>();
  const began = performance.now();
  let sent = 0;
  const send = (due: number): void => {
    const one = operation().then((counts) => {
      if (counts) meter.add(performance.now() - due);
      pending.delete(one);
    });
    pending.add(one);
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1_000) * perSecond);
    for (; sent < due; sent += 1) send(began + (sent / perSecond) * 1_000);
  }, 1);
  const result = await meter.over(window);
  clearInterval(timer);
  await Promise.all(pending);
  return result;
}

class Meter {
  private measuring = false;
  private readonly taken: number[] = [];

  add(latencyMs: number): void {
    if (this.measuring) this.taken.push(latencyMs);
  }

  async over({ warmUpMs, measureMs, onStart, onEnd }: Window): Promise<LoadResult> {
    await pause(warmUpMs);
    await onStart();
    const started = performance.now();
    this.measuring = true;
    await pause(measureMs);
    this.measuring = false;
    const seconds = (performance.now() - started) / 1_000;
    await onEnd();
    return { seconds, done: this.taken.length, latencies: this.taken.slice().sort((a, b) => a - b) };
  }
}

export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
