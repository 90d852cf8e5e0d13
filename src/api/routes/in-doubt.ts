import type { FastifyInstance } from 'fastify';
import { callerOf } from '../authenticate.js';
import type { ApiPorts } from '../ports.js';
import { limitIn } from '../read/limit.js';
import { renderInDoubt } from '../render/in-doubt.js';
import { inDoubtQuerySchema, inDoubtSchema } from '../schemas/in-doubt.js';
import { problemAnswers } from '../schemas/problems.js';

/** What the caller has on its way between shards, as `saldo saga list` has it for all tenants. */
export function inDoubtRoutes(app: FastifyInstance, { inDoubt }: ApiPorts): void {
  app.get<{ Querystring: { readonly limit?: string } }>(
    '/v1/in-doubt',
    {
      schema: {
        summary: 'What is undecided and what is in transit between shards',
        tags: ['transfers'],
        querystring: inDoubtQuerySchema,
        response: { 200: { description: 'As of now.', ...inDoubtSchema }, ...problemAnswers },
      },
    },
    async (request) => {
      const limit = limitIn(request.query.limit ?? '100');
      return renderInDoubt(await inDoubt(callerOf(request).tenant, limit));
    },
  );
}
