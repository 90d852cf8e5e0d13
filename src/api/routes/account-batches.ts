import type { FastifyInstance } from 'fastify';
import { callerOf, originOf } from '../authenticate.js';
import type { ApiPorts } from '../ports.js';
import { refusal, rejectionProblem } from '../problem.js';
import { type AccountBatchBody, accountBatchRequest } from '../read/accounts.js';
import { requiredKeyIn } from '../read/keys.js';
import { renderAccount } from '../render/accounts.js';
import { accountSchema, newAccountBatchSchema } from '../schemas/accounts.js';
import { keyHeaders } from '../schemas/common.js';
import { batchSchema, problemAnswers } from '../schemas/problems.js';

export function accountBatchRoutes(app: FastifyInstance, { intake }: ApiPorts): void {
  app.post<{ Body: AccountBatchBody }>(
    '/v1/accounts/batch',
    {
      schema: {
        summary: 'Open up to 1000 accounts, each with an outcome of its own',
        tags: ['accounts'],
        headers: keyHeaders,
        body: newAccountBatchSchema,
        response: {
          200: { description: 'An outcome each, in order.', ...batchSchema('account', accountSchema) },
          ...problemAnswers,
        },
      },
    },
    async (request, reply) => {
      const key = requiredKeyIn(request.headers['idempotency-key']);
      const asked = accountBatchRequest(callerOf(request), key, request.body);
      const answers = await intake.openAccounts(asked, originOf(request));
      if ('kind' in answers) throw refusal(answers.rejection);
      if (answers.every((answer) => answer.kind === 'opened' && answer.replayed))
        reply.header('idempotent-replayed', 'true');
      return {
        data: answers.map((answer, index) => {
          if (answer.kind === 'opened') return { status: 201, account: renderAccount(answer.account) };
          const problem = rejectionProblem(answer.rejection, asked.items[index]?.asset);
          return { status: problem.status, problem };
        }),
      };
    },
  );
}
