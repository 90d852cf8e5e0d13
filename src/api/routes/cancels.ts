import type { FastifyInstance } from 'fastify';
import { callerOf, originOf } from '../authenticate.js';
import type { ApiPorts } from '../ports.js';
import { problem, refusal } from '../problem.js';
import { transferIdIn } from '../read/follow-ups.js';
import { requiredKeyIn } from '../read/keys.js';
import { scheduleIdIn } from '../read/schedules.js';
import { renderSchedule } from '../render/schedules.js';
import { renderTransfer } from '../render/transfers.js';
import { idParams, keyHeaders } from '../schemas/common.js';
import { problemAnswers } from '../schemas/problems.js';
import { scheduleSchema } from '../schemas/schedules.js';
import { transferSchema } from '../schemas/transfers.js';

interface OfId {
  readonly Params: { readonly id: string };
}

/** What is still to come is called off, each time under a key of its own. */
export function cancelRoutes(app: FastifyInstance, { intake, reader }: ApiPorts): void {
  const body = { type: 'object', additionalProperties: false, properties: {} } as const;
  const common = { params: idParams, headers: keyHeaders, body } as const;
  const config = { bodyOptional: true } as const;

  app.post<OfId>(
    '/v1/schedules/:id/cancel',
    {
      config,
      schema: {
        ...common,
        tags: ['schedules'],
        summary: 'End a schedule before its next occurrence',
        response: {
          200: { description: 'The schedule as it was left.', ...scheduleSchema },
          ...problemAnswers,
        },
      },
    },
    async (request, reply) => {
      const key = requiredKeyIn(request.headers['idempotency-key']);
      const { tenant } = callerOf(request);
      const schedule = scheduleIdIn(request.params.id);
      const answer = await intake.cancelSchedule({ tenant, key, schedule }, originOf(request));
      if (answer.kind === 'refused') throw refusal(answer.rejection);
      if (answer.replayed) reply.header('idempotent-replayed', 'true');
      return renderSchedule(answer.schedule);
    },
  );

  app.post<OfId>(
    '/v1/transfers/:id/cancel',
    {
      config,
      schema: {
        ...common,
        tags: ['transfers'],
        summary: 'Call off a transfer that was asked for in advance',
        response: { 200: { description: 'The transfer, canceled.', ...transferSchema }, ...problemAnswers },
      },
    },
    async (request, reply) => {
      const key = requiredKeyIn(request.headers['idempotency-key']);
      const { tenant } = callerOf(request);
      const found = await reader.transfer(tenant, transferIdIn(request.params.id));
      if (found === undefined) throw refusal({ code: 'transfer_not_found' });
      if (found.scheduled === undefined) throw problem('transfer_not_scheduled');
      const { schedule } = found.scheduled;
      const answer = await intake.cancelScheduledTransfer({ tenant, key, schedule }, originOf(request));
      if (answer.kind === 'refused') throw refusal(answer.rejection);
      if (answer.replayed) reply.header('idempotent-replayed', 'true');
      return renderTransfer(answer.transfer);
    },
  );
}
