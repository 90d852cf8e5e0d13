import type { FastifyError } from 'fastify';
import { type ProblemCode, type ProblemError, problem } from './problem.js';

type Fault = NonNullable<FastifyError['validation']>[number];

/** Faults that have a name of their own, by the field's name and what is wrong with it. */
const NAMED: readonly (readonly [field: RegExp, keyword: RegExp, code: ProblemCode])[] = [
  [/(^|\/)(amount|min_balance|max_balance)$/, /^/, 'amount_malformed'],
  [/(^|\/)rate$/, /^/, 'rate_malformed'],
  [/^weights\/[0-9]+$/, /^/, 'weights_malformed'],
  [/(^|\/)reference$/, /^pattern$/, 'reference_malformed'],
  [
    /(^|\/)(effective_at|expires_at|scheduled_at|starts_at|at|from|to|(created|effective)_(from|to))$/,
    /^format$/,
    'time_malformed',
  ],
  [/(^|\/)metadata(\/[^/]*)?$/, /^(maxLength|maxProperties)$/, 'metadata_too_large'],
  [/(^|\/)legs$/, /^maxItems$/, 'too_many_legs'],
  [/^(transfers|accounts)$/, /^maxItems$/, 'too_many_items'],
];

/** What the schema found wrong, with the field's name. */
export function invalidRequest(faults: readonly Fault[], where: string, body: unknown): ProblemError {
  const { instancePath, message, params, keyword } = decisive(faults, body);
  const named = (params['missingProperty'] ?? params['additionalProperty'] ?? '') as string;
  const field = [instancePath.slice(1), named].filter((part) => part !== '').join('/');
  if (where === 'headers' && field === 'idempotency-key') {
    return problem(keyword === 'required' ? 'idempotency_key_missing' : 'idempotency_key_invalid');
  }
  // A field that is missing, or should not be there, has nothing wrong with its value.
  const own =
    named === '' ? NAMED.find(([name, fault]) => name.test(field) && fault.test(keyword)) : undefined;
  if (own !== undefined) return problem(own[2], { field });
  const place = where === 'querystring' ? 'query' : where;
  if (field === '')
    return problem('invalid_request', { detail: `The ${place} ${message ?? 'is not valid'}.` });
  const what = { required: 'is missing', additionalProperties: `is not a field of this ${place}` }[keyword];
  return problem('invalid_request', { field, detail: `"${field}" ${what ?? message ?? 'is not valid'}.` });
}

/** Of a body, or of an item of it, that has two forms: the fault of the form that it was meant to have. */
function decisive(faults: readonly Fault[], body: unknown): Fault {
  const either = faults.find(({ keyword }) => keyword === 'oneOf');
  const meant = either === undefined ? undefined : at(body, either.instancePath);
  const form = typeof meant === 'object' && meant !== null && 'legs' in meant ? 1 : 0;
  const own = faults.find(({ schemaPath }) => schemaPath.startsWith(`${either?.schemaPath}/${form}/`));
  const found = own ?? faults[0];
  if (found === undefined) throw new Error('a validation failed without a fault');
  return found;
}

/** What a path such as `/transfers/3` points at. */
function at(body: unknown, path: string): unknown {
  let value = body;
  for (const name of path.split('/').slice(1)) {
    value = (value as Readonly<Record<string, unknown>> | undefined)?.[name];
  }
  return value;
}
