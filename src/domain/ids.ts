import { hash } from 'node:crypto';

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** `acc_` and 32 hex digits; the first three are the account's bucket (for an in-transit account: its peer shard). */
export type AccountId = Branded<string, 'AccountId'>;
/** `tr_` and 32 hex digits; the first three are the first debit account's bucket. */
export type TransferId = Branded<string, 'TransferId'>;
/** `key_` and 32 hex digits; the first three are the key's home bucket. */
export type ClaimId = Branded<string, 'ClaimId'>;
/** `sch_` and 32 hex digits; the first three are the first debit account's bucket. */
export type ScheduleId = Branded<string, 'ScheduleId'>;
/** Lower-case letters, digits, `-` and `_`, starting with a letter, at most 32. */
export type TenantId = Branded<string, 'TenantId'>;

/** What is kept apart so that no client can take a key of the system's (design: Identity). */
export type Namespace = 'client' | 'batch' | 'system' | 'reference';

export const BUCKET_COUNT = 4096;

/** `null` is kept out because a Postgres array literal reads the bare word as no value. */
const TENANT = /^(?!null$)[a-z][a-z0-9_-]{0,31}$/;
const ACCOUNT = /^acc_[0-9a-f]{32}$/;
const TRANSFER = /^tr_[0-9a-f]{32}$/;
const SCHEDULE = /^sch_[0-9a-f]{32}$/;
/** Printable ASCII, 1–255 characters: what an HTTP header can carry whole. */
const KEY = /^[\x20-\x7e]{1,255}$/;

export const isTenantId = (text: string): text is TenantId => TENANT.test(text);
export const isAccountId = (text: string): text is AccountId => ACCOUNT.test(text);
export const isTransferId = (text: string): text is TransferId => TRANSFER.test(text);
export const isScheduleId = (text: string): text is ScheduleId => SCHEDULE.test(text);
export const isIdempotencyKey = (text: string): boolean => KEY.test(text) && text.trim() === text;

export function tenantId(text: string): TenantId {
  if (!isTenantId(text)) throw new TypeError(`not a tenant id: ${JSON.stringify(text)}`);
  return text;
}

/** The 128 bits that claim, transfer and account ids of one key share, before the bucket is set. */
export function keyDigest(tenant: TenantId, namespace: Namespace, key: string): string {
  return digest(`saldo/key/v1\n${tenant}\n${namespace}\n${key}`);
}

export const claimIdOf = (homeBucket: number, digest: string): ClaimId =>
  `key_${withBucket(homeBucket, digest)}` as ClaimId;
export const transferIdOf = (debitBucket: number, digest: string): TransferId =>
  `tr_${withBucket(debitBucket, digest)}` as TransferId;
export const scheduleIdOf = (debitBucket: number, digest: string): ScheduleId =>
  `sch_${withBucket(debitBucket, digest)}` as ScheduleId;
export const accountIdOf = (bucket: number, digest: string): AccountId =>
  `acc_${withBucket(bucket, digest)}` as AccountId;

/** The transfer that an occurrence of a schedule makes, from 1 on: its key is the system's, made of what caused it. */
export const occurrenceIdOf = (tenant: TenantId, schedule: ScheduleId, occurrence: number): TransferId =>
  transferIdOf(bucketOf(schedule), keyDigest(tenant, 'system', `${schedule}/${occurrence}`));

/** What frees on another shard what an operation, or a hold's expiry, freed of a hold: at most one for each shard. */
export const releaseIdOf = (tenant: TenantId, cause: TransferId, shard: number): TransferId =>
  transferIdOf(bucketOf(cause), keyDigest(tenant, 'system', `${cause}/release/${shard}`));

/** The bucket an account, transfer, schedule or claim id carries, 0 … 4095. */
export function bucketOf(id: AccountId | TransferId | ScheduleId | ClaimId): number {
  const start = id.indexOf('_') + 1;
  return (nibble(id, start) << 8) | (nibble(id, start + 1) << 4) | nibble(id, start + 2);
}

/** A bucket for any name (a tenant, a placement group), spread evenly. */
export const bucketOfName = (name: string): number =>
  Number.parseInt(digest(`saldo/bucket/v1\n${name}`).slice(0, 3), 16);

/** The bucket a key's own digest points at, for tenants whose keys are spread. */
export const bucketOfDigest = (digest: string): number => {
  const { length } = digest;
  return (nibble(digest, length - 3) << 8) | (nibble(digest, length - 2) << 4) | nibble(digest, length - 1);
};

/** The value of a lower-case hex digit: parsing a text for it is a call into the engine, several times a transfer. */
function nibble(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 58 ? code - 48 : code - 87;
}

/** The account that stands for what a tenant has on the way between `shard` and `peer` in one asset. */
export function inTransitAccountId(tenant: TenantId, shard: number, peer: number, asset: string): AccountId {
  const text = `saldo/in-transit/v1\n${tenant}\n${shard}\n${peer}\n${asset}`;
  const known = inTransitIds.get(text);
  if (known !== undefined) return known;
  const id = `acc_${withBucket(peer, digest(text))}` as AccountId;
  if (inTransitIds.size >= 10_000) inTransitIds.clear();
  inTransitIds.set(text, id);
  return id;
}
const inTransitIds = new Map<string, AccountId>();

const digest = (text: string): string => hash('sha256', text, 'hex').slice(0, 32);
const withBucket = (bucket: number, hex: string): string =>
  bucket.toString(16).padStart(3, '0') + hex.slice(3);
