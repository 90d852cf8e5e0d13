import { SingleBar } from 'cli-progress';

export interface Progress {
  update(done: number): void;
  /** A line above the bar. */
  say(line: string): void;
  stop(): void;
}

/** A bar where a person watches; elsewhere a line at each tenth. */
export function startProgress(title: string, total: number, units: string): Progress {
  if (process.stdout.isTTY) {
    const format = `${title.padEnd(18)} {bar} {value}/{total} ${units} | {duration_formatted}`;
    const bar = new SingleBar({ format, hideCursor: true, barCompleteChar: '█', barIncompleteChar: '░' });
    bar.start(total, 0);
    let at = 0;
    return {
      update: (done) => {
        at = done;
        bar.update(done);
      },
      say: (line) => {
        // In place of the bar, which is drawn again a line further down; there it is left, too, when it ends.
        process.stdout.write(`\r\u001b[K${line}\n\u001b7`);
        bar.update(at);
      },
      stop: () => bar.stop(),
    };
  }
  let tenths = -1;
  return {
    update: (done) => {
      const now = Math.floor((done / Math.max(total, 1)) * 10);
      if (now <= tenths) return;
      tenths = now;
      process.stdout.write(`${title}: ${done}/${total} ${units}\n`);
    },
    say: (line) => void process.stdout.write(`${line}\n`),
    stop: () => undefined,
  };
}
