/** Where the three servers are reached. */
export interface StackAddresses {
  /** `postgres://` URLs with password of the role that owns the databases, shard 0 first. */
  readonly shardUrls: readonly string[];
  readonly controlUrl: string;
  /** `host:port` each. */
  readonly kafkaBrokers: readonly string[];
  /** `host:port`. */
  readonly temporalAddress: string;
  /** Of Temporal's own pages, where they are known. */
  readonly temporalUiUrl?: string;
}
