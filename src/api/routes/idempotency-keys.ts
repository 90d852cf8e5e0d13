import type { FastifyInstance } from 'fastify';
import { isIdempotencyKey } from '../../domain/ids.js';
import type { KeyAnswer } from '../../intake/requests.js';
import { callerOf, originOf } from '../authenticate.js';
import type { ApiPorts } from '../ports.js';
import { problem } from '../problem.js';
import { problemAnswers } from '../schemas/problems.js';

const params = { type: 'object', properties: { key: { type: 'string' } }, required: ['key'] } as const;
const nullable = { type: ['string', 'null'] } as const;
const keySchema = {
  type: 'object',
  required: ['key', 'state', 'subject', 'effect', 'at'],
  properties: {
    key: { type: 'string' },
    state: { type: 'string', enum: ['unused', 'burnt', 'used'] },
    subject: {
      ...nullable,
      description: 'The transfer, account, schedule or change that it stands for; null of a batch.',
    },
    effect: { type: 'boolean', description: 'False of a used key: repeating the request carries it out.' },
    at: { ...nullable, format: 'date-time', description: 'When it was taken.' },
  },
} as const;

/** What a key was used for, asked without doing anything; and that it shall never be used. */
export function idempotencyKeyRoutes(app: FastifyInstance, { intake }: ApiPorts): void {
  app.get<{ Params: { key: string } }>(
    '/v1/idempotency-keys/:key',
    {
      schema: {
        summary: 'What a key was used for',
        tags: ['idempotency keys'],
        params,
        response: { 200: { description: 'The key.', ...keySchema }, ...problemAnswers },
      },
    },
    async (request) => {
      const key = keyIn(request.params.key);
      return render(key, await intake.lookUpKey(callerOf(request).tenant, key));
    },
  );

  app.delete<{ Params: { key: string } }>(
    '/v1/idempotency-keys/:key',
    {
      config: { bodyOptional: true },
      schema: {
        summary: 'Burn a key: a request under it is refused from now on',
        tags: ['idempotency keys'],
        params,
        response: { 200: { description: 'Burnt.', ...keySchema }, ...problemAnswers },
      },
    },
    async (request) => {
      const key = keyIn(request.params.key);
      const found = await intake.burnKey(callerOf(request).tenant, key, originOf(request));
      if (found.kind === 'burnt') return render(key, found);
      if (found.kind === 'unused') throw new Error('a key was neither burnt nor has an effect');
      const code = found.effect ? 'key_has_effect' : 'key_is_claimed';
      throw problem(code, { subject: found.subject ?? null });
    },
  );
}

function keyIn(text: string): string {
  if (!isIdempotencyKey(text)) throw problem('idempotency_key_invalid');
  return text;
}

const render = (key: string, answer: KeyAnswer) => ({
  key,
  state: answer.kind,
  subject: answer.kind === 'used' ? (answer.subject ?? null) : null,
  effect: answer.kind === 'used' && answer.effect,
  at: answer.kind === 'unused' ? null : answer.at,
});
