import type { FastifyInstance } from 'fastify';
import { callerOf, originOf } from '../authenticate.js';
import type { ApiPorts } from '../ports.js';
import { refusal, refused } from '../problem.js';
import { transferIdIn } from '../read/follow-ups.js';
import { requiredKeyIn } from '../read/keys.js';
import { limitIn } from '../read/limit.js';
import { type DecisionBody, decisionRequest, reviewCursor, reviewOfCursor } from '../read/reviews.js';
import { assetOfRejection, renderTransfer } from '../render/transfers.js';
import { idParams, keyHeaders } from '../schemas/common.js';
import { problemAnswers } from '../schemas/problems.js';
import { decisionSchema, reviewsSchema, transferSchema } from '../schemas/transfers.js';

const SUMMARIES = {
  approve: 'Carry out a transfer that is in review',
  decline: 'Reject a transfer that is in review',
} as const;

/** Transfers that wait for a person: which, and what is decided about them. */
export function reviewRoutes(app: FastifyInstance, { intake, reader }: ApiPorts): void {
  app.get<{ Querystring: { readonly cursor?: string; readonly limit?: string } }>(
    '/v1/reviews',
    {
      schema: {
        summary: 'Transfers in review, the longest waiting first',
        tags: ['reviews'],
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            cursor: { type: 'string', maxLength: 100, description: 'The next_cursor of the page before.' },
            limit: { type: 'string', pattern: '^[0-9]{1,4}$', description: '1 to 1000, 100 if not given.' },
          },
        },
        response: { 200: { description: 'A page of them.', ...reviewsSchema }, ...problemAnswers },
      },
    },
    async (request) => {
      const { tenant } = callerOf(request);
      const { cursor, limit: asked = '100' } = request.query;
      const limit = limitIn(asked);
      const after = cursor === undefined ? {} : { after: reviewOfCursor(cursor) };
      // One more than asked for tells whether there is a next page.
      const found = await reader.reviews(tenant, { ...after, limit: limit + 1 });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      const more = found.length > limit && last !== undefined;
      return {
        data: page.map(({ transfer, escalated }) => ({ transfer: renderTransfer(transfer), escalated })),
        next_cursor: more ? reviewCursor({ opened: last.opened, transfer: last.transfer.id }) : null,
      };
    },
  );

  for (const decision of ['approve', 'decline'] as const) {
    app.post<{ Params: { readonly id: string }; Body: DecisionBody }>(
      `/v1/transfers/:id/${decision}`,
      {
        config: { bodyOptional: true },
        schema: {
          summary: SUMMARIES[decision],
          tags: ['reviews'],
          params: idParams,
          headers: keyHeaders,
          body: decisionSchema,
          response: {
            200: { description: 'The transfer as it was left.', ...transferSchema },
            ...problemAnswers,
          },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request);
        const key = requiredKeyIn(request.headers['idempotency-key']);
        const transfer = await reader.transfer(caller.tenant, transferIdIn(request.params.id));
        if (transfer === undefined) throw refusal({ code: 'transfer_not_found' });
        const asked = decisionRequest(caller, key, transfer.id, decision, request.body);
        const answer = await intake.decide(asked, originOf(request));
        if (answer.replayed) reply.header('idempotent-replayed', 'true');
        if (answer.kind === 'refused') {
          throw refused(answer.rejection, assetOfRejection(answer.rejection, transfer.legs));
        }
        return renderTransfer(answer.transfer);
      },
    );
  }
}
