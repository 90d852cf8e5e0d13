import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEvent } from './journal-event.js';

/** Saga facts are put together transfer by transfer: this many parts of the ids, one at a time in memory. */
export const FACT_PARTITIONS = 64;

/** What of an event a transfer across shards is judged by; the type and the shape of its own event. */
export type SagaFact = Pick<JournalEvent, 'type' | 'sequence' | 'tenant' | 'cause'> & {
  readonly data: Pick<
    JournalEvent['data'],
    | 'transfer'
    | 'coordinator'
    | 'intent'
    | 'legs'
    | 'holds'
    | 'hold'
    | 'releases'
    | 'reverses'
    | 'of'
    | 'parts'
  >;
};

/** Where a shard's facts are: as JSON lines, by partition. May be sent between threads. */
export interface WrittenFacts {
  readonly memory: readonly string[];
  readonly file: string | undefined;
  /** Of each flush: by partition, at which byte of the file it begins; one more for the end. */
  readonly flushes: readonly (readonly number[])[];
}

export interface FactWriterOptions {
  readonly shard: number;
  /** Where what does not fit into memory goes. */
  readonly folder: string;
  /** How many characters fit. */
  readonly inMemory?: number;
}

const IN_MEMORY = 8_000_000;

/** Keeps what one shard says of transfers across shards, in the order of its journal. */
export class FactWriter {
  private lines: string[] = emptyLines();
  private size = 0;
  private fd: number | undefined;
  private written = 0;
  private readonly flushes: number[][] = [];

  constructor(private readonly options: FactWriterOptions) {}

  add(transfer: string, { type, sequence, tenant, cause, data }: JournalEvent): void {
    const { coordinator, intent, legs, holds, hold, releases, reverses, of, parts } = data;
    const facts = { transfer, coordinator, intent, legs, holds, hold, releases, reverses, of, parts };
    const line = JSON.stringify({ type, sequence, tenant, cause, data: facts } satisfies Record<
      keyof SagaFact,
      unknown
    >);
    const p = Number.parseInt(transfer.slice(11, 13), 16) % FACT_PARTITIONS || 0;
    this.lines[p] += `${line}\n`;
    this.size += line.length;
    if (this.size > (this.options.inMemory ?? IN_MEMORY)) this.flush();
  }

  end(): WrittenFacts {
    if (this.fd !== undefined) {
      this.flush();
      closeSync(this.fd);
    }
    const file = this.fd === undefined ? undefined : this.path;
    return { memory: this.lines, file, flushes: this.flushes };
  }

  private get path(): string {
    return join(this.options.folder, `facts-${this.options.shard}`);
  }

  private flush(): void {
    this.fd ??= openSync(this.path, 'wx');
    const starts = [this.written];
    for (const lines of this.lines) {
      const bytes = Buffer.from(lines);
      for (let done = 0; done < bytes.length; ) done += writeSync(this.fd, bytes, done);
      this.written += bytes.length;
      starts.push(this.written);
    }
    this.flushes.push(starts);
    this.lines = emptyLines();
    this.size = 0;
  }
}

/** A shard's facts of one partition, in order. */
export function* factsOf({ memory, file, flushes }: WrittenFacts, partition: number): Generator<SagaFact> {
  for (const starts of flushes) {
    const [from = 0, to = 0] = [starts[partition], starts[partition + 1]];
    yield* parsed(readText(file ?? '', from, to));
  }
  yield* parsed(memory[partition] ?? '');
}

function* parsed(lines: string): Generator<SagaFact> {
  for (const line of lines.split('\n')) if (line !== '') yield JSON.parse(line) as SagaFact;
}

function readText(file: string, from: number, to: number): string {
  const fd = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(to - from);
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(fd, bytes, done, bytes.length - done, from + done);
      if (read === 0) throw new Error('a temporary file of the audit was cut short: start again');
      done += read;
    }
    return bytes.toString('utf8');
  } finally {
    closeSync(fd);
  }
}

const emptyLines = (): string[] => Array.from({ length: FACT_PARTITIONS }, () => '');
