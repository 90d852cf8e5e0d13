import type { AccountId } from '../../../src/domain/ids.js';
import { BenchLedger, uniform } from './bench-ledger.js';

interface Task {
  readonly urls: string[];
  readonly controlUrl: string;
  readonly cluster: string;
  readonly accounts: AccountId[];
  readonly inFlight: number;
}

/** The second node of `two_nodes`: a process that writes the same shard for all it can, and counts. */
process.once('message', (task: Task) => {
  void run(task);
});

async function run({ urls: shardUrls, controlUrl, cluster, accounts, inFlight }: Task): Promise<void> {
  const bench = await BenchLedger.open({ cluster, shardUrls, controlUrl }, 'bench', 'other ');
  const operation = bench.transfers(uniform(accounts));
  let running = true;
  let done = 0;
  process.on('message', (message) => {
    if (message === 'start') done = 0;
    if (message === 'stop') running = false;
    else process.send?.(done);
  });
  process.send?.('ready');
  const worker = async (): Promise<void> => {
    while (running) if (await operation()) done += 1;
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  await bench.ledger.close();
  process.disconnect();
}
