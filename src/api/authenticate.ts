import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Origin } from '../domain/command.js';
import type { ApiPorts, Caller } from './ports.js';
import { problem } from './problem.js';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | undefined;
  }
}

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Lets nobody through to the routes of `app` but the owner of a valid key. */
export function authenticate(app: FastifyInstance, ownerOf: ApiPorts['ownerOf']): void {
  app.decorateRequest('caller', undefined);
  app.addHook('onRequest', async (request, reply) => {
    const token = tokenOf(request);
    request.caller = token === undefined ? undefined : await ownerOf(token);
    if (request.caller !== undefined) return;
    reply.header('www-authenticate', 'Bearer');
    throw problem('unauthorized');
  });
}

export const tokenOf = (request: FastifyRequest): string | undefined =>
  /^Bearer ([!-~]{1,200})$/i.exec(request.headers.authorization ?? '')?.[1];

export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === undefined) throw problem('unauthorized');
  return request.caller;
}

/** What the events of this request say about who, why and in which trace. */
export function originOf(request: FastifyRequest): Origin {
  const { traceparent } = request.headers;
  const trace = typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? { traceparent } : {};
  return { actor: `key:${callerOf(request).keyId}`, cause: request.id, ...trace };
}
