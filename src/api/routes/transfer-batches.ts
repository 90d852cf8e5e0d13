import type { FastifyInstance } from 'fastify';
import type { TransferAnswer } from '../../intake/requests.js';
import type { TransferView } from '../../routing/views.js';
import { callerOf, originOf } from '../authenticate.js';
import type { ApiPorts } from '../ports.js';
import { preferenceOf } from '../prefer.js';
import { refused, rejectionProblem } from '../problem.js';
import { requiredKeyIn } from '../read/keys.js';
import { type TransferBatchBody, transferBatchRequest } from '../read/transfers.js';
import { assetOfRejection, renderTransfer, transferProblem } from '../render/transfers.js';
import { keyAndPreferHeaders } from '../schemas/common.js';
import { batchSchema, problemAnswers } from '../schemas/problems.js';
import { newTransferBatchSchema, transferSchema } from '../schemas/transfers.js';
import { isDone } from './answer-transfer.js';

export function transferBatchRoutes(app: FastifyInstance, { intake }: ApiPorts): void {
  app.post<{ Body: TransferBatchBody }>(
    '/v1/transfers/batch',
    {
      schema: {
        summary: 'Up to 1000 transfers, each with an outcome of its own, or linked: all or none',
        tags: ['transfers'],
        headers: keyAndPreferHeaders,
        body: newTransferBatchSchema,
        response: {
          200: { description: 'An outcome each, in order.', ...batchSchema('transfer', transferSchema) },
          ...problemAnswers,
        },
      },
    },
    async (request, reply) => {
      const key = requiredKeyIn(request.headers['idempotency-key']);
      const asked = transferBatchRequest(callerOf(request), key, request.body);
      const { waitMs, applied } = preferenceOf(request.headers['prefer']);
      const answers = await intake.transferBatch(asked, originOf(request), { waitMs });
      if (applied !== undefined) reply.header('preference-applied', applied);
      if ('kind' in answers) {
        const { rejection } = answers;
        throw refused(
          rejection,
          assetOfRejection(
            rejection,
            asked.items.flatMap(({ legs }) => legs),
          ),
        );
      }
      if (answers.every((answer) => answer.kind !== 'refused' && answer.replayed))
        reply.header('idempotent-replayed', 'true');
      if (answers.some(({ kind }) => kind === 'processing')) reply.header('retry-after', '1');
      return { data: answers.map((answer, index) => itemOf(answer, asked.items[index]?.legs ?? [])) };
    },
  );
}

/** What the item alone would have been answered with. */
function itemOf(answer: TransferAnswer, legs: TransferView['legs']) {
  if (answer.kind === 'processing') return { status: 202, transfer: renderTransfer(answer.transfer) };
  if (answer.kind === 'ended' && isDone(answer.transfer)) {
    return { status: 201, transfer: renderTransfer(answer.transfer) };
  }
  const problem =
    answer.kind === 'ended'
      ? transferProblem(answer.transfer)
      : rejectionProblem(answer.rejection, assetOfRejection(answer.rejection, legs));
  return { status: problem.status, problem };
}
