import type { FastifyInstance } from 'fastify';
import { isTransferId } from '../../domain/ids.js';
import { callerOf, originOf } from '../authenticate.js';
import type { ApiPorts } from '../ports.js';
import { preferenceOf } from '../prefer.js';
import { ProblemError, problem, refusal, rejectionProblem } from '../problem.js';
import { idempotencyKeyIn, type TransferBody, transferRequest } from '../read-request.js';
import { renderTransfer, transferProblem } from '../render.js';
import { newTransferSchema, problemAnswers, transferSchema } from '../schemas.js';

export function transferRoutes(app: FastifyInstance, { intake, reader }: ApiPorts): void {
  app.post<{ Body: TransferBody }>(
    '/v1/transfers',
    {
      schema: {
        summary: 'Move money',
        description:
          '201: posted. 202: accepted and durable, still processing; ask again with the same key, or GET it. 4xx: definitely not done.',
        tags: ['transfers'],
        headers: {
          type: 'object',
          required: ['idempotency-key'],
          properties: {
            'idempotency-key': {
              type: 'string',
              minLength: 1,
              maxLength: 255,
              description: 'One key has one effect, for ever; every repeat gets the same answer.',
            },
            prefer: {
              type: 'string',
              description: 'wait=N: up to N seconds (0 to 60, 10 if not given); respond-async.',
            },
          },
        },
        body: newTransferSchema,
        response: {
          201: { description: 'Posted.', ...transferSchema },
          202: { description: 'Still processing.', ...transferSchema },
          ...problemAnswers,
        },
      },
    },
    async (request, reply) => {
      const key = idempotencyKeyIn(request.headers['idempotency-key']);
      if (key === undefined) throw problem('idempotency_key_missing');
      const { waitMs, applied } = preferenceOf(request.headers['prefer']);
      const asked = transferRequest(callerOf(request), key, request.body);
      const answer = await intake.transfer(asked, originOf(request), { waitMs });
      if (applied !== undefined) reply.header('preference-applied', applied);
      if (answer.kind === 'refused')
        throw new ProblemError(rejectionProblem(answer.rejection, asked.legs[0]?.asset));
      if (answer.replayed) reply.header('idempotent-replayed', 'true');
      reply.header('location', `/v1/transfers/${answer.transfer.id}`);
      if (answer.kind === 'processing') {
        return reply.code(202).header('retry-after', '1').send(renderTransfer(answer.transfer));
      }
      if (answer.transfer.status !== 'posted') throw new ProblemError(transferProblem(answer.transfer));
      return reply.code(201).send(renderTransfer(answer.transfer));
    },
  );

  app.get<{ Params: { id: string } }>(
    '/v1/transfers/:id',
    {
      schema: {
        summary: 'A transfer and what became of it',
        tags: ['transfers'],
        params: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
        response: { 200: { description: 'The transfer.', ...transferSchema }, ...problemAnswers },
      },
    },
    async (request) => {
      const { id } = request.params;
      const transfer = isTransferId(id) ? await reader.transfer(callerOf(request).tenant, id) : undefined;
      if (transfer === undefined) throw refusal({ code: 'transfer_not_found' });
      return renderTransfer(transfer);
    },
  );
}
