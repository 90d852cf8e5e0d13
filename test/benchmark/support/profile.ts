import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

/** Runs the work under V8's sampling profiler and writes what it saw, for any viewer of .cpuprofile files. */
export async function withProfile<T>(file: string, work: () => Promise<T>): Promise<T> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  try {
    return await work();
  } finally {
    const { profile } = await session.post('Profiler.stop');
    writeFileSync(file, JSON.stringify(profile));
    session.disconnect();
  }
}
