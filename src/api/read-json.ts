import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { problem } from './problem.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether a request that says it is JSON may be empty. */
    readonly bodyOptional?: boolean;
  }
}

/** JSON alone, and only what is UTF-8: what is not would be stored as something else than was sent. */
export function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0 && request.routeOptions.config.bodyOptional === true) done(null, undefined);
    else if (isUtf8(body)) void parse(request, body.toString('utf8'), done);
    else done(problem('malformed_json'), undefined);
  });
}
