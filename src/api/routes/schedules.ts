import type { FastifyInstance } from 'fastify';
import type { Rejection } from '../../domain/rejections.js';
import type { TransferView } from '../../routing/views.js';
import { callerOf, originOf } from '../authenticate.js';
import { occurrenceCursor, scheduleCursor } from '../cursor.js';
import type { ApiPorts } from '../ports.js';
import { type ProblemError, refusal, refused } from '../problem.js';
import { requiredKeyIn } from '../read/keys.js';
import {
  type OccurrencesQuery,
  occurrencePage,
  type ScheduleBody,
  type SchedulesQuery,
  scheduleIdIn,
  schedulePage,
  scheduleRequest,
} from '../read/schedules.js';
import { renderOccurrence, renderSchedule, renderWhole } from '../render/schedules.js';
import { assetOfRejection } from '../render/transfers.js';
import { idParams, keyHeaders } from '../schemas/common.js';
import { problemAnswers } from '../schemas/problems.js';
import {
  newScheduleSchema,
  occurrencesQuerySchema,
  occurrencesSchema,
  scheduleSchema,
  schedulesQuerySchema,
  schedulesSchema,
  wholeScheduleSchema,
} from '../schemas/schedules.js';

const tags = ['schedules'] as const;

/** Transfers that happen again and again by a rule of the calendar. Their cancel is in cancels.ts. */
export function scheduleRoutes(app: FastifyInstance, { intake, schedules }: ApiPorts): void {
  app.post<{ Body: ScheduleBody }>(
    '/v1/schedules',
    {
      schema: {
        summary: 'Make a transfer again and again, by a rule of the calendar',
        description: 'Each occurrence is carried out once, under an id of its own.',
        tags,
        headers: keyHeaders,
        body: newScheduleSchema,
        response: {
          201: { description: 'The schedule as it was made.', ...scheduleSchema },
          ...problemAnswers,
        },
      },
    },
    async (request, reply) => {
      const key = requiredKeyIn(request.headers['idempotency-key']);
      const asked = scheduleRequest(callerOf(request), key, request.body);
      const answer = await intake.schedule(asked, originOf(request));
      if (answer.kind === 'refused') throw notMade(answer.rejection, asked.terms.legs, 'starts_at');
      if (answer.replayed) reply.header('idempotent-replayed', 'true');
      reply.header('location', `/v1/schedules/${answer.schedule.id}`);
      return reply.code(201).send(renderSchedule(answer.schedule));
    },
  );

  app.get<{ Querystring: SchedulesQuery }>(
    '/v1/schedules',
    {
      schema: {
        summary: 'Schedules, and transfers asked for in advance, in the order of their ids',
        tags,
        querystring: schedulesQuerySchema,
        response: { 200: { description: 'A page of schedules.', ...schedulesSchema }, ...problemAnswers },
      },
    },
    async (request) => {
      const page = schedulePage(request.query);
      // One more than asked for tells whether there is a next page.
      const found = await schedules.schedules(callerOf(request).tenant, { ...page, limit: page.limit + 1 });
      const shown = found.slice(0, page.limit);
      const last = shown.at(-1);
      const more = found.length > page.limit && last !== undefined;
      return { data: shown.map(renderSchedule), next_cursor: more ? scheduleCursor(last.id) : null };
    },
  );

  app.get<{ Params: { id: string } }>(
    '/v1/schedules/:id',
    {
      schema: {
        summary: 'A schedule, when it is due next, and what became of its latest occurrences',
        tags,
        params: idParams,
        response: { 200: { description: 'The schedule.', ...wholeScheduleSchema }, ...problemAnswers },
      },
    },
    async (request) => {
      const found = await schedules.schedule(callerOf(request).tenant, scheduleIdIn(request.params.id));
      if (found === undefined) throw refusal({ code: 'schedule_not_found' });
      return renderWhole(found);
    },
  );

  app.get<{ Params: { id: string }; Querystring: OccurrencesQuery }>(
    '/v1/schedules/:id/occurrences',
    {
      schema: {
        summary: "A schedule's past occurrences, the latest first",
        tags,
        params: idParams,
        querystring: occurrencesQuerySchema,
        response: { 200: { description: 'A page of occurrences.', ...occurrencesSchema }, ...problemAnswers },
      },
    },
    async (request) => {
      const { tenant } = callerOf(request);
      const page = occurrencePage(request.query);
      const found = await schedules.occurrences(tenant, scheduleIdIn(request.params.id), page);
      if (found === undefined) throw refusal({ code: 'schedule_not_found' });
      return {
        data: found.occurrences.map(renderOccurrence),
        next_cursor: found.next === undefined ? null : occurrenceCursor(found.next),
      };
    },
  );
}

/** Why a transfer is not made in advance, with the field where that is of one. */
export const notScheduled = (rejection: Rejection, legs: TransferView['legs']): ProblemError =>
  notMade(rejection, legs, 'scheduled_at');

function notMade(rejection: Rejection, legs: TransferView['legs'], time: string): ProblemError {
  if (rejection.code === 'schedule_in_past') return refusal(rejection, { field: time });
  if (rejection.code === 'schedule_never_fires') return refusal(rejection, { field: 'rrule' });
  return refused(rejection, assetOfRejection(rejection, legs));
}
