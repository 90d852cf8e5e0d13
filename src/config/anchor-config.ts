import { hostPorts } from './host-ports.js';

/** Where a node keeps the anchors of the shards it pumps, besides the ledger; nowhere, unless it is said. */
export interface AnchorConfig {
  /** A folder with a file for each shard. */
  readonly folder: string | undefined;
  /** `host:port` of the brokers that have the topic of anchors. */
  readonly brokers: readonly string[] | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Throws a RangeError that names the variable when one is malformed. */
export function readAnchorConfig(variables: Variables = process.env): AnchorConfig {
  return {
    folder: variables['SALDO_ANCHOR_DIR']?.trim() || undefined,
    brokers: hostPorts('SALDO_ANCHOR_BROKERS', variables['SALDO_ANCHOR_BROKERS']),
  };
}
