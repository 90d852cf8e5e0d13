import { InvalidArgumentError } from 'commander';
import { ROLES, type Role } from '../config/node-config.js';

/** Each shard is a Postgres server on this machine. */
const MOST_SHARDS = 64;

export function rolesOption(text: string): readonly Role[] {
  const roles = text.split(',').map((role) => role.trim());
  const unknown = roles.find((role) => !(ROLES as readonly string[]).includes(role));
  if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is none of ${ROLES.join(', ')}.`);
  return roles as Role[];
}

export const shardsOption =
  (least: number) =>
  (text: string): number => {
    const shards = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
    if (shards >= least && shards <= MOST_SHARDS) return shards;
    throw new InvalidArgumentError(`A number of shards from ${least} to ${MOST_SHARDS}.`);
  };

export function portOption(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('A port is 0 to 65535.');
  return port;
}
