import type { FastifyError } from 'fastify';
import { type ProblemError, problem } from './problem.js';

type Fault = NonNullable<FastifyError['validation']>[number];

const AMOUNTS = /(^|\/)(amount|min_balance|max_balance)$/;

/** What the schema found wrong, with the field's name. */
export function invalidRequest(faults: readonly Fault[], where: string, body: unknown): ProblemError {
  const { instancePath, message, params, keyword } = decisive(faults, body);
  const named = (params['missingProperty'] ?? params['additionalProperty'] ?? '') as string;
  const field = [instancePath.slice(1), named].filter((part) => part !== '').join('/');
  if (where === 'headers' && field === 'idempotency-key') {
    return problem(keyword === 'required' ? 'idempotency_key_missing' : 'idempotency_key_invalid');
  }
  if (AMOUNTS.test(field) && keyword !== 'required') return problem('amount_malformed', { field });
  const place = where === 'querystring' ? 'query' : where;
  if (field === '')
    return problem('invalid_request', { detail: `The ${place} ${message ?? 'is not valid'}.` });
  const what = { required: 'is missing', additionalProperties: `is not a field of this ${place}` }[keyword];
  return problem('invalid_request', { field, detail: `"${field}" ${what ?? message ?? 'is not valid'}.` });
}

/** Of a body that has two forms, the fault of the form that it was meant to have. */
function decisive(faults: readonly Fault[], body: unknown): Fault {
  const form = typeof body === 'object' && body !== null && 'legs' in body ? 1 : 0;
  const own = faults.find(({ schemaPath }) => schemaPath.startsWith(`#/oneOf/${form}/`));
  const found = own ?? faults[0];
  if (found === undefined) throw new Error('a validation failed without a fault');
  return found;
}
