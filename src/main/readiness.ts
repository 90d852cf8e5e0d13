import type { ReadinessParts } from '../api/ports.js';
import type { Ledger } from './ledger.js';

const PATIENCE_MS = 2_000;

/**
 * Whether requests should come here, and what each part says. A shard or a control database that does not answer, no other node can
 * ask either: were all of them unready, what does not touch it would be held up, too. So a node is ready while it serves any shard,
 * unless it must not write one that others may. Kafka and Temporal may be away.
 */
export async function readinessOf(ledger: Ledger): Promise<{ ready: boolean; parts: ReadinessParts }> {
  const { control, facts, pools, router } = ledger;
  const writers = facts.map.shards.map((shard) => router.writerOf(shard));
  const shards = writers.map(({ stopReason, trouble }, shard) => {
    const why = stopReason ?? (trouble === undefined ? undefined : new Error(trouble));
    return ask(`shard-${shard}`, () =>
      why === undefined ? pools.at(shard).query('SELECT 1') : Promise.reject(why),
    );
  });
  const [controls, ...answers] = await Promise.all([
    ask('control', () => control.query('SELECT 1')),
    ...shards,
  ]);
  const serves = answers.some(([, said]) => said === 'ok');
  const replaced = writers.some(({ stopReason }) => stopReason !== undefined);
  return { ready: serves && !replaced, parts: Object.fromEntries([controls, ...answers]) };
}

async function ask(name: string, question: () => Promise<unknown>): Promise<[string, string]> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('does not answer')), PATIENCE_MS).unref();
  });
  try {
    await Promise.race([question(), late]);
    return [name, 'ok'];
  } catch (error) {
    return [name, error instanceof Error ? error.message : String(error)];
  }
}
