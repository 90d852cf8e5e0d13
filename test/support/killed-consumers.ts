import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../../src/config/package-root.js';

export interface KillPlan {
  /** What a child is started with: see consumer-child. */
  readonly args: readonly string[];
  readonly kills: number;
  /** How many events are done; with it grows the sign of life that a kill waits for. */
  readonly done: () => Promise<number>;
  readonly all: number;
  /** 0 … 1, so that a run can be repeated. */
  readonly random: () => number;
}

const LONGEST_LIFE_MS = 250;
const DEADLINE_MS = 120_000;

/**
 * Starts consumers and kills them with SIGKILL at random moments of their work, now and then with two at it at once; the
 * last one is let live until everything is done. Resolves with what they said on stderr.
 */
export async function killConsumers({ args, kills, done, all, random }: KillPlan): Promise<string> {
  const children = new Set<ChildProcess>();
  let said = '';
  const start = (): ChildProcess => {
    const script = join(packageRoot(), 'test', 'support', 'consumer-child.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (data: Buffer) => {
      said += data.toString();
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    const exited = once(child, 'exit');
    if (child.exitCode !== null) throw new Error(`a consumer ended by itself: ${said}`);
    child.kill('SIGKILL');
    await exited;
  };
  const progress = async (from: number): Promise<void> => {
    for (const deadline = Date.now() + DEADLINE_MS; (await done()) <= from; await delay(20)) {
      if (Date.now() > deadline) throw new Error(`nothing was processed after ${from} events: ${said}`);
    }
  };
  try {
    for (let killed = 0; killed < kills; killed += 1) {
      const child = start();
      const rival = random() < 0.25 ? start() : undefined;
      // The last kills find everything done, if the journal was short; that is checked by the caller.
      const before = await done();
      if (before < all) await progress(before);
      await delay(random() * LONGEST_LIFE_MS);
      await Promise.all([kill(child), ...(rival === undefined ? [] : [kill(rival)])]);
    }
    start();
    for (let now = await done(); now < all; now = await done()) await progress(now);
    return said;
  } finally {
    await Promise.all([...children].map(kill));
  }
}

/** A small generator (mulberry32): a failing run can be repeated from its seed. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
