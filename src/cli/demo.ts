import { join } from 'node:path';
import type { Command } from 'commander';
import { defaultStackDir } from '../config/stack-env.js';
import { runDemo } from '../demo/run-demo.js';
import { shardsOption } from './node-options.js';
import { sentence } from './sentence.js';

interface DemoCommandOptions {
  readonly dir: string;
  readonly shards: number;
  readonly keep: boolean;
}

/** `saldo demo`: the main job on real input. Exit status 0 only if every balance is the bank's. */
export function demoCommand(command: Command): void {
  command
    .option('--dir <folder>', "the demo's own folder; emptied first", join(defaultStackDir(), 'demo'))
    .option('--shards <number>', 'Postgres shards', shardsOption(2), 2)
    .option('--keep', 'leave the data when it is done', false)
    .action(
      sentence(async (options: DemoCommandOptions) => {
        if (!(await runDemo(options))) process.exitCode = 1;
      }),
    );
}
