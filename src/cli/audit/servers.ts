import { InvalidArgumentError } from 'commander';
import type { KafkaOptions } from '../../kafka/client.js';
import type { StackAddresses } from '../../stack/addresses.js';

/** How the auditor's commands reach Kafka. */
export const kafkaOptionsOf = (
  { kafkaBrokers: brokers }: Pick<StackAddresses, 'kafkaBrokers'>,
  cluster: string,
): KafkaOptions => ({
  brokers,
  clientId: `${cluster}.audit`,
  log: () => undefined,
});

/** Parses an option that is a number of seconds. */
export function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('A number of seconds.');
  return value;
}
