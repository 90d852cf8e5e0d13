import type { FastifyInstance } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import { callerOf, originOf } from '../authenticate.js';
import type { ApiPorts } from '../ports.js';
import { ProblemError, refusal, refused, rejectionProblem } from '../problem.js';
import {
  type AccountBody,
  type AccountChangeBody,
  accountIdIn,
  accountRequest,
  changeRequest,
} from '../read/accounts.js';
import { idempotencyKeyIn, requiredKeyIn } from '../read/keys.js';
import { isReference } from '../read/texts.js';
import { renderAccount, renderChange } from '../render/accounts.js';
import {
  accountChangeAnswerSchema,
  accountChangeSchema,
  accountSchema,
  newAccountSchema,
} from '../schemas/accounts.js';
import { idParams, keyHeaders, optionalKeyHeaders } from '../schemas/common.js';
import { problemAnswers } from '../schemas/problems.js';

const found = { 200: { description: 'The account.', ...accountSchema }, ...problemAnswers } as const;

export function accountRoutes(app: FastifyInstance, { intake, reader }: ApiPorts): void {
  app.post<{ Body: AccountBody }>(
    '/v1/accounts',
    {
      schema: {
        summary: 'Open an account',
        tags: ['accounts'],
        headers: optionalKeyHeaders,
        body: newAccountSchema,
        response: { 201: { description: 'Opened.', ...accountSchema }, ...problemAnswers },
      },
    },
    async (request, reply) => {
      const key = idempotencyKeyIn(request.headers['idempotency-key']) ?? uuidv7();
      const asked = accountRequest(callerOf(request), key, request.body);
      const answer = await intake.openAccount(asked, originOf(request));
      if (answer.kind === 'refused') throw refused(answer.rejection, asked.asset);
      if (answer.replayed) reply.header('idempotent-replayed', 'true');
      return reply
        .code(201)
        .header('location', `/v1/accounts/${answer.account.id}`)
        .send(renderAccount(answer.account));
    },
  );

  app.get<{ Querystring: { reference: string } }>(
    '/v1/accounts',
    {
      schema: {
        summary: 'The account of a reference',
        tags: ['accounts'],
        querystring: {
          type: 'object',
          additionalProperties: false,
          required: ['reference'],
          properties: { reference: { type: 'string', description: 'As the account was opened with.' } },
        },
        response: found,
      },
    },
    async (request) => {
      const { reference } = request.query;
      const { tenant } = callerOf(request);
      const account = isReference(reference) ? await reader.accountByReference(tenant, reference) : undefined;
      if (account === undefined) throw refusal({ code: 'account_not_found' });
      return renderAccount(account);
    },
  );

  app.get<{ Params: { id: string } }>(
    '/v1/accounts/:id',
    {
      schema: {
        summary: 'An account and what it holds now',
        tags: ['accounts'],
        params: idParams,
        response: found,
      },
    },
    async (request) => {
      const account = await reader.account(callerOf(request).tenant, accountIdIn(request.params.id));
      if (account === undefined) throw refusal({ code: 'account_not_found' });
      return renderAccount(account);
    },
  );

  app.patch<{ Params: { id: string }; Body: AccountChangeBody }>(
    '/v1/accounts/:id',
    {
      schema: {
        summary: 'Freeze, thaw or close an account, or set its limits or metadata',
        tags: ['accounts'],
        params: idParams,
        headers: keyHeaders,
        body: accountChangeSchema,
        response: { 200: { description: 'Changed.', ...accountChangeAnswerSchema }, ...problemAnswers },
      },
    },
    async (request, reply) => {
      const key = requiredKeyIn(request.headers['idempotency-key']);
      const caller = callerOf(request);
      const account = await reader.account(caller.tenant, accountIdIn(request.params.id));
      if (account === undefined) throw refusal({ code: 'account_not_found' });
      const { id, asset } = account;
      const asked = changeRequest(caller, key, id, asset, request.body);
      const answer = await intake.changeAccount(asked, originOf(request));
      if (answer.kind === 'refused') throw refused(answer.rejection, asset);
      if (answer.replayed) reply.header('idempotent-replayed', 'true');
      const { operation, rejection } = answer;
      if (rejection === undefined) return renderChange(answer, asset);
      throw new ProblemError(rejectionProblem(rejection, asset, { operation }), {}, true);
    },
  );
}
