import { archiveSource } from '../../../src/audit/archive/archive-source.js';
import { readManifest } from '../../../src/audit/archive/manifest.js';
import { kafkaSource } from '../../../src/audit/kafka-source.js';
import { replay } from '../../../src/audit/replay.js';
import { withProfile } from '../support/profile.js';

/** What is replayed: the archive, or the journal that these brokers have of it. */
export interface ReplayTask {
  readonly dir: string;
  readonly brokers?: readonly string[];
  /** Writes a CPU profile here, of the thread that reads. */
  readonly cpuProfile?: string;
}

export interface ReplayDone {
  readonly events: number;
  readonly ms: number;
  readonly cpuUs: number;
  /** At most. */
  readonly residentMiB: number;
}

/** A process of its own for one replay, as the command has one: its memory is what the replay takes. */
process.once('message', async ({ dir, brokers, cpuProfile }: ReplayTask) => {
  const manifest = await readManifest(dir);
  const { cluster, shards } = manifest;
  const source =
    brokers === undefined
      ? archiveSource(dir, manifest)
      : kafkaSource({ brokers, clientId: 'bench', log: () => undefined }, cluster);
  const upTo = shards.map(({ events }) => events);
  const run = () => replay({ source, upTo, threads: true });
  const started = performance.now();
  const report = await (cpuProfile === undefined ? run() : withProfile(cpuProfile, run));
  const ms = performance.now() - started;
  if (!report.clean) throw new Error(`it is not clean: ${JSON.stringify(report.divergences)}`);
  const { user, system } = process.cpuUsage();
  const done: ReplayDone = {
    events: report.shards.reduce((sum, shard) => sum + shard.events, 0),
    ms,
    cpuUs: user + system,
    residentMiB: process.resourceUsage().maxRSS / 1_024,
  };
  process.send?.(done, () => process.disconnect());
});
