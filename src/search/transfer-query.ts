import type { TenantId } from '../domain/ids.js';
import { instant, limitOf, plain, transferCursor } from './parameters.js';
import type { TransferQuery } from './requests.js';
import { accountTag, metadataTag, referenceTag } from './tags.js';

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * The statement that reads a page and one row more. With a tag (account, reference, metadata) it walks that tag's
 * transfers in the page's order and looks each up; without one it walks the tenant's. `$1` is the tenant, for every table.
 * @throws InvalidSearchError
 */
export function transferStatement(tenant: TenantId, query: TransferQuery): Statement {
  const values: unknown[] = [tenant];
  const given = (value: unknown): string => `$${values.push(value)}`;
  const { reference, account, metadata = {}, status, kind, created = {}, effective = {}, cursor } = query;
  const names = Object.entries(metadata);
  for (const text of [reference ?? '', ...names.flat()])
    plain(text, reference === text ? 'reference' : 'metadata');
  const found = [
    ...(account === undefined ? [] : [accountTag(account)]),
    ...(reference === undefined ? [] : [referenceTag(reference)]),
    ...names.map(([name, value]) => metadataTag(name, value)),
  ];
  const [walked, ...others] = found;
  const [time, id] = walked === undefined ? ['t.created_at', 't.id'] : ['g.created_at', 'g.transfer'];
  const where = ['t.tenant = $1'];
  if (walked !== undefined) where.push('g.tenant = $1', `g.tag = ${given(walked)}`);
  for (const tag of others)
    where.push(
      `EXISTS (SELECT FROM tags o WHERE o.tenant = $1 AND o.tag = ${given(tag)}
                  AND o.created_at = ${time} AND o.transfer = ${id})`,
    );
  if (status !== undefined) where.push(`t.status = ${given(status)}`);
  if (kind !== undefined) where.push(`t.kind = ${given(kind)}`);
  const bound = (column: string, operator: string, text: string | undefined, field: string): void => {
    if (text !== undefined) where.push(`${column} ${operator} ${given(instant(text, field))}::timestamptz`);
  };
  bound(time, '>=', created.from, 'created.from');
  bound(time, '<=', created.to, 'created.to');
  bound('t.effective_at', '>=', effective.from, 'effective.from');
  bound('t.effective_at', '<=', effective.to, 'effective.to');
  if (cursor !== undefined) {
    const [after, uuid] = transferCursor(cursor);
    where.push(`(${time}, ${id}) < (${given(after)}::timestamptz, ${given(uuid)}::uuid)`);
  }
  const from =
    walked === undefined
      ? 'transfers t'
      : 'tags g JOIN transfers t ON t.tenant = g.tenant AND t.id = g.transfer';
  const text = `SELECT t.id, t.kind, t.status, t.created_at, t.ended_at, t.effective_at, t.reference, t.metadata, t.parent, t.legs
    FROM ${from}
   WHERE ${where.join('\n     AND ')}
   ORDER BY ${time} DESC, ${id} DESC LIMIT ${given(limitOf(query.limit) + 1)}`;
  return { text, values };
}

/** What a cursor holds of a row. */
export const lastOf = ({ id, created_at }: { readonly id: string; readonly created_at: Date }) =>
  [created_at.toISOString(), id.replaceAll('-', '')] as const;
