import type { Command, Origin } from '../domain/command.js';
import type { Answer } from '../posting/answer.js';
import type { ShardWriter } from '../posting/shard-writer.js';
import type { ShardMap } from './shard-map.js';

/** Takes a command to the writer of its shard. */
export class Router {
  private readonly writers: ReadonlyMap<number, ShardWriter>;

  constructor(
    readonly map: ShardMap,
    writers: readonly ShardWriter[],
  ) {
    this.writers = new Map(writers.map((writer) => [writer.shard, writer]));
  }

  /** @throws ShardUnavailableError, ShardStoppedError, CommandFailedError (src/errors) */
  submit<C extends Command>(
    shard: number,
    command: C,
    origin: Origin,
    options?: { readonly dry: boolean },
  ): Promise<Answer<C>> {
    return this.writerOf(shard).submit(command, origin, options);
  }

  writerOf(shard: number): ShardWriter {
    const writer = this.writers.get(shard);
    if (writer === undefined) throw new RangeError(`this node has no writer for shard ${shard}`);
    return writer;
  }

  /** Whether a shard does not answer just now, or must not be written by this node any more, as far as its writer knows. */
  inTrouble(shard: number): boolean {
    const { trouble, stopReason } = this.writerOf(shard);
    return trouble !== undefined || stopReason !== undefined;
  }

  async close(): Promise<void> {
    await Promise.all([...this.writers.values()].map((writer) => writer.close()));
  }
}
