import { hash } from 'node:crypto';
import type { TenantId } from '../domain/ids.js';

/** By shard number: the sequence up to which a reader has seen everything of its tenant. */
export type Positions = readonly number[];

const CURSOR = /^(\d{1,15}(?:\.\d{1,15})*)~([0-9a-f]{16})$/;

/**
 * Opaque to clients. The check keeps a mangled cursor, or another tenant's, from being taken for one of these; it is no
 * secret, and needs none: what a cursor leads to is the caller's own events, whatever it says.
 */
export function encodeCursor(cluster: string, tenant: TenantId, positions: Positions): string {
  const text = positions.join('.');
  return Buffer.from(`${text}~${check(cluster, tenant, text)}`).toString('base64url');
}

/** Undefined if it is none of this tenant's. A shard that was added since is read from its beginning. */
export function decodeCursor(
  cluster: string,
  tenant: TenantId,
  shards: number,
  cursor: string,
): Positions | undefined {
  const [, text, given] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (text === undefined || given !== check(cluster, tenant, text)) return undefined;
  // The same bytes can be spelt in several ways in base64: only one of them is a cursor.
  if (encodeCursor(cluster, tenant, text.split('.').map(Number)) !== cursor) return undefined;
  const found = text.split('.').map(Number);
  return found.length > shards ? undefined : Array.from({ length: shards }, (_, shard) => found[shard] ?? 0);
}

const check = (cluster: string, tenant: TenantId, text: string): string =>
  hash('sha256', `saldo/events-cursor/v1\n${cluster}\n${tenant}\n${text}`, 'hex').slice(0, 16);
