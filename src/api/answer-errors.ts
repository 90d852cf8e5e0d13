import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { InvalidCursorError } from '../errors/invalid-cursor-error.js';
import { InvalidSearchError } from '../errors/invalid-search-error.js';
import { ShardStoppedError, UnavailableError } from '../errors/shard-errors.js';
import { invalidRequest } from './invalid-request.js';
import { type Problem, ProblemError, problem } from './problem.js';
import { RouteTable } from './route-table.js';

const PROBLEM_JSON = 'application/problem+json; charset=utf-8';

/** The one place where errors become answers: problems as they are, everything else without a word of its inside. */
export function answerErrors(app: FastifyInstance): void {
  const routes = new RouteTable(app);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const found = problemOf(error, request.body);
    if (found.problem.status >= 500) request.log.error({ err: error }, 'request failed');
    return send(reply, request, found);
  });
  app.setNotFoundHandler((request, reply) => {
    const allowed = routes.methodsAt(request.url);
    if (allowed.length === 0) return send(reply, request, problem('not_found'));
    reply.header('allow', allowed.join(', '));
    return send(reply, request, problem('method_not_allowed'));
  });
}

/** For what Fastify finds wrong before there is a route: an address that can not be read. */
export function answerFrameworkError(
  _error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  reply.header('x-request-id', request.id);
  void send(reply, request, problem('not_found'));
}

/** For what is not HTTP, or whose headers are too large: there is no request, so the socket is answered and closed. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return;
  const { problem: found } = problem(
    error.code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'malformed_http',
  );
  const body = JSON.stringify(found);
  const head = `HTTP/1.1 ${found.status} \r\ncontent-type: ${PROBLEM_JSON}\r\nconnection: close`;
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function problemOf(error: FastifyError | Error, body: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof UnavailableError || error instanceof ShardStoppedError) {
    const { problem: found } = problem('shard_unavailable', { database: error.database });
    return new ProblemError(found, { 'retry-after': '1' });
  }
  if (error instanceof InvalidSearchError) {
    return problem('invalid_request', { field: error.field, detail: error.message });
  }
  if (error instanceof InvalidCursorError) {
    return problem('invalid_request', { field: 'after', detail: error.message });
  }
  const { code, validation, validationContext } = error as FastifyError;
  if (validation?.[0] !== undefined) return invalidRequest(validation, validationContext ?? 'body', body);
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

function send(
  reply: FastifyReply,
  request: FastifyRequest,
  { problem: found, headers, recorded }: ProblemError,
): FastifyReply {
  // What is recorded answers the same bytes for ever: the request's own id is in its header only.
  const body: Problem = recorded ? found : { ...found, instance: request.id };
  return reply
    .code(found.status)
    .headers(headers)
    .header('content-type', PROBLEM_JSON)
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(body);
}
