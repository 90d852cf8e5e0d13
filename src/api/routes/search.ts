import type { FastifyInstance } from 'fastify';
import { callerOf } from '../authenticate.js';
import type { ApiPorts } from '../ports.js';
import { type SumsQuery, sumQuery, type TransfersQuery, transferQuery } from '../read/search.js';
import { renderFound, renderLag, renderSum } from '../render/search.js';
import { problemAnswers } from '../schemas/problems.js';
import { foundSchema, sumsQuerySchema, sumsSchema, transfersQuerySchema } from '../schemas/search.js';

/** Answered from the read model: a while behind the ledger, and each answer says how far. */
export function searchRoutes(app: FastifyInstance, { search }: ApiPorts): void {
  app.get<{ Querystring: TransfersQuery }>(
    '/v1/transfers',
    {
      schema: {
        summary: 'Transfers by reference, account, status, kind, time and metadata, newest first',
        tags: ['search'],
        querystring: transfersQuerySchema,
        response: { 200: { description: 'A page of transfers.', ...foundSchema }, ...problemAnswers },
      },
    },
    async (request) => {
      const page = await search.transfers(callerOf(request).tenant, transferQuery(request.query));
      return {
        data: page.items.map(renderFound),
        next_cursor: page.nextCursor ?? null,
        as_of: renderLag(page.lag),
      };
    },
  );

  app.get<{ Querystring: SumsQuery }>(
    '/v1/sums',
    {
      schema: {
        summary: 'What the accounts hold whose reference begins with a text, by asset',
        tags: ['search'],
        querystring: sumsQuerySchema,
        response: { 200: { description: 'A page of sums.', ...sumsSchema }, ...problemAnswers },
      },
    },
    async (request) => {
      const page = await search.sums(callerOf(request).tenant, sumQuery(request.query));
      return {
        data: page.items.map(renderSum),
        next_cursor: page.nextCursor ?? null,
        as_of: renderLag(page.lag),
      };
    },
  );
}
