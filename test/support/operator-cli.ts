import { spawn } from 'node:child_process';
import { inject } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';
import type { TestShards } from './cluster.js';

export interface CliAnswer {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** `saldo <command> …` as an operator of a test's cluster runs it. `env`: what else is set there. */
export const operatorCli =
  (shards: () => TestShards, command: string, env: Readonly<Record<string, string>> = {}) =>
  async (...args: readonly string[]): Promise<CliAnswer> => {
    const { kafkaBrokers, temporalAddress } = inject('stack');
    const { name, shardUrls, controlUrl } = shards();
    return runCli([command, ...args], {
      SALDO_CLUSTER: name,
      SALDO_SHARD_URLS: shardUrls.join(','),
      SALDO_CONTROL_URL: controlUrl,
      SALDO_KAFKA_BROKERS: kafkaBrokers.join(','),
      SALDO_TEMPORAL_ADDRESS: temporalAddress,
      SALDO_TEMPORAL_UI_URL: 'http://temporal.test/',
      ...env,
    });
  };

/** `saldo …` as a person runs it, with this set besides. */
export async function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CliAnswer> {
  const child = spawn(process.execPath, ['bin/saldo.js', ...args], {
    env: { ...process.env, ...env },
    cwd: packageRoot(),
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, out, err };
}

/** The cluster's shards, of which one is nowhere to be found. */
export const withoutShard = (
  { shardUrls }: TestShards,
  lost: number,
): { readonly SALDO_SHARD_URLS: string } => ({
  SALDO_SHARD_URLS: shardUrls
    .map((url, shard) => (shard === lost ? url.replace(/:\d+\//, ':1/') : url))
    .join(','),
});
