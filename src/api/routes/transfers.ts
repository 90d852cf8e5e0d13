import type { FastifyInstance } from 'fastify';
import { callerOf, originOf } from '../authenticate.js';
import type { ApiPorts } from '../ports.js';
import { preferenceOf } from '../prefer.js';
import { refusal, refused } from '../problem.js';
import { transferIdIn } from '../read/follow-ups.js';
import { requiredKeyIn } from '../read/keys.js';
import { scheduledRequest, type TransferBody, transferRequest, trialRequest } from '../read/transfers.js';
import { assetOfRejection, renderDryRun, renderTransfer } from '../render/transfers.js';
import { idParams, transferHeaders } from '../schemas/common.js';
import { problemAnswers } from '../schemas/problems.js';
import { dryRunSchema, newTransferSchema, transferSchema } from '../schemas/transfers.js';
import { answerTransfer } from './answer-transfer.js';
import { notScheduled } from './schedules.js';

export function transferRoutes(app: FastifyInstance, { intake, reader }: ApiPorts): void {
  app.post<{ Body: TransferBody }>(
    '/v1/transfers',
    {
      schema: {
        summary: 'Move money, or set it aside',
        description:
          '201: posted or held. 202: accepted and durable, still processing, in review or scheduled for its time; ask again with the same key, or GET it. 4xx: definitely not done. 200: a dry run.',
        tags: ['transfers'],
        headers: transferHeaders,
        body: newTransferSchema,
        response: {
          200: { description: 'What would become of it.', ...dryRunSchema },
          201: { description: 'Posted or held.', ...transferSchema },
          202: { description: 'Still processing, in review, or scheduled.', ...transferSchema },
          ...problemAnswers,
        },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      if (request.body.dry_run === true) {
        const asked = trialRequest(caller, request.body);
        const trial = await intake.dryRun(asked, originOf(request));
        if (trial.kind !== 'refused') return reply.code(200).send(renderDryRun(trial.transfer));
        throw refused(trial.rejection, assetOfRejection(trial.rejection, asked.legs));
      }
      const key = requiredKeyIn(request.headers['idempotency-key']);
      const { scheduled_at: at } = request.body;
      if (at !== undefined) {
        const scheduled = scheduledRequest(caller, key, { ...request.body, scheduled_at: at });
        const answer = await intake.transferAt(scheduled, originOf(request));
        if (answer.kind === 'refused') throw notScheduled(answer.rejection, scheduled.terms.legs);
        return answerTransfer(reply, answer, scheduled.terms.legs);
      }
      const asked = transferRequest(caller, key, request.body);
      const { waitMs, applied } = preferenceOf(request.headers['prefer']);
      const answer = await intake.transfer(asked, originOf(request), { waitMs });
      if (applied !== undefined) reply.header('preference-applied', applied);
      return answerTransfer(reply, answer, asked.legs);
    },
  );

  app.get<{ Params: { id: string } }>(
    '/v1/transfers/:id',
    {
      schema: {
        summary: 'A transfer and what became of it',
        tags: ['transfers'],
        params: idParams,
        response: { 200: { description: 'The transfer.', ...transferSchema }, ...problemAnswers },
      },
    },
    async (request) => {
      const transfer = await reader.transfer(callerOf(request).tenant, transferIdIn(request.params.id));
      if (transfer === undefined) throw refusal({ code: 'transfer_not_found' });
      return renderTransfer(transfer);
    },
  );
}
