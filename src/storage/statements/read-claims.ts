import type { Claim } from '../../domain/claim.js';
import type { AccountId, ClaimId, Namespace, TenantId, TransferId } from '../../domain/ids.js';
import type { KeptClaim } from '../../domain/state.js';
import type { Queryable } from '../queryable.js';
import { idOf, uuidArray } from '../wire.js';

export async function readClaims(db: Queryable, ids: Iterable<ClaimId>): Promise<KeptClaim[]> {
  const { rows } = await db.query<ClaimRow>({
    name: 'read-claims',
    text: `SELECT c.id, tenant, namespace, key, subject, form, request, fields, seq
             FROM unnest($1::uuid[]) AS wanted (id) JOIN claims c ON c.id = wanted.id`,
    values: [uuidArray(ids)],
  });
  return rows.map(({ id, fields, seq, ...claim }) => ({
    ...claim,
    id: idOf<ClaimId>('key', id),
    fields: fieldsOf(fields),
    seq: Number(seq),
  }));
}

/** `name:hash,name:hash`; names are those of request fields and have neither sign. */
export const fieldsText = (fields: Claim['fields']): string =>
  Object.entries(fields)
    .map(([name, hash]) => `${name}:${hash}`)
    .join(',');

const fieldsOf = (text: string): Claim['fields'] =>
  Object.fromEntries(text.split(',').map((pair) => pair.split(':') as [string, string]));

interface ClaimRow {
  readonly id: string;
  readonly tenant: TenantId;
  readonly namespace: Namespace;
  readonly key: string;
  readonly subject: AccountId | TransferId;
  readonly form: number;
  readonly request: string;
  readonly fields: string;
  readonly seq: string;
}
