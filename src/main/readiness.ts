import type { ReadinessParts } from '../api/ports.js';
import type { Ledger } from './ledger.js';

const PATIENCE_MS = 2_000;

/** Whether every shard and the control database answer and this node may write them. Kafka and Temporal may be away. */
export async function readinessOf(ledger: Ledger): Promise<{ ready: boolean; parts: ReadinessParts }> {
  const { control, facts, pools, router } = ledger;
  const asks = [
    ask('control', () => control.query('SELECT 1')),
    ...facts.map.shards.map((shard) => {
      const { stopReason, trouble } = router.writerOf(shard);
      const why = stopReason ?? (trouble === undefined ? undefined : new Error(trouble));
      return ask(`shard-${shard}`, () =>
        why === undefined ? pools.at(shard).query('SELECT 1') : Promise.reject(why),
      );
    }),
  ];
  const parts: ReadinessParts = Object.fromEntries(await Promise.all(asks));
  return { ready: Object.values(parts).every((part) => part === 'ok'), parts };
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
