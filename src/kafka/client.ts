import { type ISocketFactory, Kafka, type KafkaConfig, logLevel } from 'kafkajs';

export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Takes what kafkajs has to say from `warn` up. */
  readonly log: (level: 'warn' | 'error', message: string) => void;
  readonly socketFactory?: ISocketFactory;
}

const NOISE =
  /switched default partitioner|Limiting retries|^Response |another concurrent operation on the same transaction/;

/** What a client is made of; also for the reader, which is built from the same parts. */
export function kafkaConfig({ brokers, clientId, log, socketFactory }: KafkaOptions): KafkaConfig {
  return {
    brokers: [...brokers],
    clientId,
    ...(socketFactory === undefined ? {} : { socketFactory }),
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    // On Kafka 4 the coordinator is busy for some milliseconds after each commit: the default first retry comes after
    // 300 ms, this one after 2.
    retry: { initialRetryTime: 2, factor: 0, multiplier: 2, maxRetryTime: 200, retries: 20 },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, log: entry }) => {
        // Said at every start by a library that is told each partition, or answered by a broker that is busy (with the
        // transaction before, too) and asked again at once: nothing to act on. What asking again does not cure is thrown.
        if (NOISE.test(entry.message)) return;
        log(level === logLevel.ERROR ? 'error' : 'warn', `${entry.message}${reason(entry['error'])}`);
      },
  };
}

export const createKafka = (options: KafkaOptions): Kafka => new Kafka(kafkaConfig(options));

const reason = (error: unknown): string => (typeof error === 'string' ? `: ${error}` : '');
