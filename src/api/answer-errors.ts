import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ShardStoppedError, ShardUnavailableError } from '../errors/shard-errors.js';
import { type Problem, ProblemError, problem } from './problem.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** The one place where errors become answers: problems as they are, everything else without a word of its inside. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const found = problemOf(error);
    if (found.problem.status >= 500) request.log.error({ err: error, req: request.id }, 'request failed');
    return send(reply, request, found);
  });
  app.setNotFoundHandler((request, reply) => {
    const allowed = METHODS.filter((method) =>
      app.hasRoute({ method, url: request.url.split('?')[0] ?? '' }),
    );
    const found = allowed.length === 0 ? problem('not_found') : problem('method_not_allowed');
    if (allowed.length > 0) reply.header('allow', allowed.join(', '));
    return send(reply, request, found);
  });
}

function problemOf(error: FastifyError | Error): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof ShardUnavailableError || error instanceof ShardStoppedError) {
    const { problem: found } = problem('shard_unavailable', { shard: error.shard });
    return new ProblemError(found, { 'retry-after': '1' });
  }
  const { code, validation, validationContext } = error as FastifyError;
  if (validation?.[0] !== undefined) return invalid(validation[0], validationContext ?? 'body');
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return problem('body_too_large');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return problem('media_type_unsupported');
  if (
    code === 'FST_ERR_CTP_EMPTY_JSON_BODY' ||
    code === 'FST_ERR_CTP_INVALID_JSON_BODY' ||
    error instanceof SyntaxError
  ) {
    return problem('malformed_json');
  }
  const status = (error as FastifyError).statusCode ?? 500;
  return status >= 400 && status < 500 ? problem('invalid_request') : problem('internal_error');
}

type Validation = NonNullable<FastifyError['validation']>[number];

function invalid({ instancePath, message, params, keyword }: Validation, where: string): ProblemError {
  const named = (params['missingProperty'] ?? params['additionalProperty'] ?? '') as string;
  const field = [instancePath.slice(1), named].filter((part) => part !== '').join('/');
  if (where === 'headers' && field === 'idempotency-key') {
    return problem(keyword === 'required' ? 'idempotency_key_missing' : 'idempotency_key_invalid');
  }
  const detail =
    keyword === 'oneOf'
      ? 'Give either {debit, credit, amount, asset} or {legs}, not both and not half.'
      : keyword === 'additionalProperties'
        ? `"${field}" is not a field of this ${where}.`
        : `${field === '' ? where : `"${field}"`} ${message ?? 'is not valid'}.`;
  return problem('invalid_request', { ...(field === '' ? {} : { field }), detail });
}

function send(
  reply: FastifyReply,
  request: FastifyRequest,
  { problem: found, headers }: ProblemError,
): FastifyReply {
  // A rejected transfer answers the same bytes for ever: the request's own id is in its header only.
  const body: Problem = found.transfer === undefined ? { ...found, instance: request.id } : found;
  return reply
    .code(found.status)
    .headers(headers)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(body);
}
