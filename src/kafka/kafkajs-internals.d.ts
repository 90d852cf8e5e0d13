/** The parts of kafkajs 2.2.4 (pinned exactly) that its public types leave out: see docs/adr/0003. */
declare module 'kafkajs/src/cluster/index.js' {
  import type { KafkaConfig } from 'kafkajs';

  export interface FetchedMessage {
    readonly offset: string;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly isControlRecord: boolean;
    readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
  }
  export interface AbortedTransaction {
    readonly producerId: string;
    readonly firstOffset: string;
  }
  export interface FetchedPartition {
    readonly partition: number;
    readonly errorCode: number;
    readonly highWatermark: string;
    readonly lastStableOffset: string;
    readonly abortedTransactions: readonly AbortedTransaction[];
    readonly messages: readonly FetchedMessage[];
  }
  export interface Broker {
    fetch(request: {
      readonly isolationLevel: number;
      readonly maxWaitTime: number;
      readonly minBytes: number;
      readonly maxBytes: number;
      readonly topics: readonly {
        readonly topic: string;
        readonly partitions: readonly {
          readonly partition: number;
          readonly fetchOffset: string;
          readonly maxBytes: number;
        }[];
      }[];
    }): Promise<{ readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[] }>;
  }
  export default class Cluster {
    constructor(options: Omit<KafkaConfig, 'logLevel' | 'logCreator'> & Record<string, unknown>);
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    addTargetTopic(topic: string): Promise<void>;
    refreshMetadata(): Promise<void>;
    findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>;
    findBroker(query: { readonly nodeId: string }): Promise<Broker>;
    fetchTopicsOffset(
      topics: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number }[];
        readonly fromBeginning: boolean;
      }[],
    ): Promise<
      readonly { readonly partitions: readonly { readonly partition: number; readonly offset: string }[] }[]
    >;
  }
}

declare module 'kafkajs/src/loggers/index.js' {
  export function createLogger(options: { readonly level: number; readonly logCreator: unknown }): unknown;
}

declare module 'kafkajs/src/network/socketFactory.js' {
  import type { ISocketFactory } from 'kafkajs';

  export default function socketFactory(): ISocketFactory;
}

declare module 'kafkajs/src/retry/index.js' {
  import type { RetryOptions } from 'kafkajs';

  /** Asks until it is answered, up to `retries` times more; `bail` ends it with an error as it is. */
  export default function createRetry(
    options: RetryOptions | undefined,
  ): <T>(ask: (bail: (error: unknown) => void) => Promise<T>) => Promise<T>;
}
