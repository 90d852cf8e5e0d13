import type { FastifyInstance } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import { type AccountId, isAccountId } from '../../domain/ids.js';
import { callerOf, originOf } from '../authenticate.js';
import { accountCursor, versionOfCursor } from '../cursor.js';
import type { ApiPorts } from '../ports.js';
import { ProblemError, problem, refusal, rejectionProblem } from '../problem.js';
import { type AccountBody, accountRequest, idempotencyKeyIn } from '../read-request.js';
import { renderAccount, renderEntry } from '../render.js';
import { accountSchema, entriesSchema, newAccountSchema, problemAnswers } from '../schemas.js';

const params = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] } as const;

export function accountRoutes(app: FastifyInstance, { intake, reader }: ApiPorts): void {
  app.post<{ Body: AccountBody }>(
    '/v1/accounts',
    {
      schema: {
        summary: 'Open an account',
        tags: ['accounts'],
        headers: {
          type: 'object',
          properties: { 'idempotency-key': { type: 'string', minLength: 1, maxLength: 255 } },
        },
        body: newAccountSchema,
        response: { 201: { description: 'Opened.', ...accountSchema }, ...problemAnswers },
      },
    },
    async (request, reply) => {
      const key = idempotencyKeyIn(request.headers['idempotency-key']) ?? uuidv7();
      const asked = accountRequest(callerOf(request), key, request.body);
      const answer = await intake.openAccount(asked, originOf(request));
      if (answer.kind === 'refused') throw new ProblemError(rejectionProblem(answer.rejection, asked.asset));
      if (answer.replayed) reply.header('idempotent-replayed', 'true');
      return reply
        .code(201)
        .header('location', `/v1/accounts/${answer.account.id}`)
        .send(renderAccount(answer.account));
    },
  );

  app.get<{ Params: { id: string } }>(
    '/v1/accounts/:id',
    {
      schema: {
        summary: 'An account and what it holds now',
        tags: ['accounts'],
        params,
        response: { 200: { description: 'The account.', ...accountSchema }, ...problemAnswers },
      },
    },
    async (request) => {
      const account = await reader.account(callerOf(request).tenant, accountIdIn(request.params.id));
      if (account === undefined) throw refusal({ code: 'account_not_found' });
      return renderAccount(account);
    },
  );

  app.get<{ Params: { id: string }; Querystring: { cursor?: string; limit?: string } }>(
    '/v1/accounts/:id/entries',
    {
      schema: {
        summary: "An account's entries, oldest first",
        tags: ['accounts'],
        params,
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            cursor: { type: 'string', maxLength: 64, description: 'The next_cursor of the page before.' },
            limit: { type: 'string', pattern: '^[0-9]{1,4}$', description: '1 to 1000, 100 if not given.' },
          },
        },
        response: { 200: { description: 'A page of entries.', ...entriesSchema }, ...problemAnswers },
      },
    },
    async (request) => {
      const { tenant } = callerOf(request);
      const id = accountIdIn(request.params.id);
      const limit = Number(request.query.limit ?? 100);
      if (limit < 1 || limit > 1_000)
        throw problem('invalid_request', { field: 'limit', detail: 'limit is 1 to 1000.' });
      const afterVersion = request.query.cursor === undefined ? 0 : versionOfCursor(request.query.cursor);
      const account = await reader.account(tenant, id);
      // One more than asked for tells whether there is a next page.
      const range = {
        after: afterVersion,
        upTo: Number.MAX_SAFE_INTEGER,
        order: 'asc',
        limit: limit + 1,
      } as const;
      const entries = await reader.entries(tenant, id, range);
      if (account === undefined || entries === undefined) throw refusal({ code: 'account_not_found' });
      const page = entries.slice(0, limit);
      const last = page.at(-1);
      const more = entries.length > limit && last !== undefined;
      return {
        data: page.map((entry) => renderEntry(entry, account.asset)),
        next_cursor: more ? accountCursor(last.version) : null,
      };
    },
  );
}

/** An id that can not be one of ours is simply not there. */
function accountIdIn(text: string): AccountId {
  if (!isAccountId(text)) throw refusal({ code: 'account_not_found' });
  return text;
}
