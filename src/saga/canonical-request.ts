import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Claim } from '../domain/claim.js';
import type { NewAccount, NewTransfer } from './requests.js';

/**
 * The form of a request that its claim's hashes are taken over: RFC 8785, amounts in minor units, absent optional
 * fields left out, so that a release that adds one does not turn honest retries away.
 */
export const CANONICAL_FORM = 1;

type Fields = Readonly<Record<string, unknown>>;

export const canonicalAccount = ({ asset, limits, metadata, placementGroup }: NewAccount): Fields => ({
  operation: 'account.open',
  asset,
  min_balance: textOrNull(limits.minBalance),
  max_balance: textOrNull(limits.maxBalance),
  metadata,
  placement_group: placementGroup,
});

export const canonicalTransfer = ({ legs }: NewTransfer): Fields => ({
  operation: 'transfer.create',
  legs: legs.map(({ debit, credit, amount, asset }) => ({ debit, credit, amount: amount.toString(), asset })),
});

/** 128 bits over the whole request, and 32 bits per top-level field to name what differs. */
export function requestHashes(fields: Fields): Pick<Claim, 'form' | 'request' | 'fields'> {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return {
    form: CANONICAL_FORM,
    request: digest(Object.fromEntries(present)).slice(0, 32),
    fields: Object.fromEntries(present.map(([name, value]) => [name, digest(value).slice(0, 8)])),
  };
}

function digest(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('a request field has no canonical form');
  return createHash('sha256').update(text).digest('hex');
}

const textOrNull = (value: bigint | null | undefined): string | null | undefined =>
  value === undefined || value === null ? value : value.toString();
