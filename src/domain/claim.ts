import type { AccountId, ClaimId, Namespace, ScheduleId, TenantId, TransferId } from './ids.js';

/** What an idempotency key was used for. Immutable once written: the authority on the key's effect. */
export interface Claim {
  readonly id: ClaimId;
  readonly tenant: TenantId;
  readonly namespace: Namespace;
  readonly key: string;
  /** The account, transfer or schedule that the key's one effect makes. */
  readonly subject: AccountId | TransferId | ScheduleId;
  /** Version of the canonical form the hashes were taken over. */
  readonly form: number;
  /** First 128 bits of the SHA-256 of the canonical request, hex. */
  readonly request: string;
  /** First 32 bits of the SHA-256 of each top-level field, only to name what differs. */
  readonly fields: Readonly<Record<string, string>>;
}

/** The first top-level field in which two requests under one key differ, or undefined if they are the same. */
export function differingField(kept: Claim, asked: Claim): string | undefined {
  if (kept.request === asked.request && kept.subject === asked.subject) return undefined;
  const names = [...new Set([...Object.keys(kept.fields), ...Object.keys(asked.fields)])].sort();
  return names.find((name) => kept.fields[name] !== asked.fields[name]) ?? 'request';
}
