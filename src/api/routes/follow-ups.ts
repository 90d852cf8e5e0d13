import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TransferView } from '../../routing/views.js';
import { callerOf, originOf } from '../authenticate.js';
import type { ApiPorts, ReaderPort } from '../ports.js';
import { preferenceOf } from '../prefer.js';
import { refusal, refused } from '../problem.js';
import {
  type CaptureBody,
  captureRequest,
  type ReversalBody,
  reversalRequest,
  transferIdIn,
} from '../read/follow-ups.js';
import { requiredKeyIn } from '../read/keys.js';
import { assetOfRejection, renderTransfer } from '../render/transfers.js';
import { idParams, keyAndPreferHeaders, keyHeaders } from '../schemas/common.js';
import { problemAnswers } from '../schemas/problems.js';
import { newCaptureSchema, newReversalSchema, transferSchema } from '../schemas/transfers.js';
import { answerTransfer } from './answer-transfer.js';

interface OfTransfer {
  readonly Params: { readonly id: string };
}

/** What is done to an earlier transfer, each under a key of its own. */
export function followUpRoutes(app: FastifyInstance, { intake, reader }: ApiPorts): void {
  const common = { tags: ['transfers'], params: idParams, headers: keyHeaders } as const;
  const config = { bodyOptional: true } as const;
  const made = {
    201: { description: 'Posted.', ...transferSchema },
    202: { description: 'Still processing.', ...transferSchema },
    ...problemAnswers,
  } as const;
  const waiting = { ...common, headers: keyAndPreferHeaders } as const;

  app.post<OfTransfer & { Body: CaptureBody }>(
    '/v1/transfers/:id/captures',
    {
      config,
      schema: {
        ...waiting,
        summary: 'Move what a hold set aside, or part of it',
        body: newCaptureSchema,
        response: made,
      },
    },
    async (request, reply) => {
      const { key, earlier } = await asked(request, reader);
      const capture = captureRequest(callerOf(request), key, earlier, request.body);
      const answer = await intake.capture(capture, originOf(request), patienceOf(request, reply));
      return answerTransfer(reply, answer, earlier.legs);
    },
  );

  app.post<OfTransfer & { Body: ReversalBody }>(
    '/v1/transfers/:id/reversals',
    {
      config,
      schema: {
        ...waiting,
        summary: 'Move back what a transfer moved, or part of it',
        body: newReversalSchema,
        response: made,
      },
    },
    async (request, reply) => {
      const { key, earlier } = await asked(request, reader);
      const reversal = reversalRequest(callerOf(request), key, earlier, request.body);
      const answer = await intake.reverse(reversal, originOf(request), patienceOf(request, reply));
      return answerTransfer(reply, answer, earlier.legs);
    },
  );

  app.post<OfTransfer>(
    '/v1/transfers/:id/void',
    {
      config,
      schema: {
        ...waiting,
        summary: 'Free what a hold still sets aside',
        body: { type: 'object', additionalProperties: false, properties: {} },
        response: {
          200: { description: 'The hold as it was left.', ...transferSchema },
          202: { description: 'Voided, and not yet free on every shard.', ...transferSchema },
          ...problemAnswers,
        },
      },
    },
    async (request, reply) => {
      const { key, earlier } = await asked(request, reader);
      const { tenant } = callerOf(request);
      const asks = { tenant, key, hold: earlier.id };
      const answer = await intake.void(asks, originOf(request), patienceOf(request, reply));
      if (answer.replayed) reply.header('idempotent-replayed', 'true');
      if (answer.kind === 'refused') {
        throw refused(answer.rejection, assetOfRejection(answer.rejection, earlier.legs));
      }
      if (answer.kind === 'processing') reply.code(202).header('retry-after', '1');
      return renderTransfer(answer.transfer);
    },
  );
}

/** How long the caller would wait where it takes other shards; says that it was heard. */
function patienceOf(request: FastifyRequest<OfTransfer>, reply: FastifyReply): { readonly waitMs: number } {
  const { waitMs, applied } = preferenceOf(request.headers['prefer']);
  if (applied !== undefined) reply.header('preference-applied', applied);
  return { waitMs };
}

/** The key and the transfer that it is about, which must be the caller's. */
async function asked(
  request: FastifyRequest<OfTransfer>,
  reader: ReaderPort,
): Promise<{ readonly key: string; readonly earlier: TransferView }> {
  const key = requiredKeyIn(request.headers['idempotency-key']);
  const earlier = await reader.transfer(callerOf(request).tenant, transferIdIn(request.params.id));
  if (earlier === undefined) throw refusal({ code: 'transfer_not_found' });
  return { key, earlier };
}
