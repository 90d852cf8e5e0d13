import type { FastifyInstance } from 'fastify';
import { REJECTIONS } from '../../domain/rejections.js';
import type { ApiPorts } from '../ports.js';
import { API_PROBLEMS, problem } from '../problem.js';

const hidden = { hide: true } as const;

/** What needs no key: liveness, readiness, the descriptions of the API and the journal, and what each problem means. */
export function healthRoutes(
  app: FastifyInstance,
  { readiness, documents = new Map(), metrics }: ApiPorts,
): void {
  const partsSchema = {
    type: 'object',
    properties: {
      ready: { type: 'boolean' },
      parts: { type: 'object', additionalProperties: { type: 'string' } },
    },
  } as const;
  app.get(
    '/livez',
    {
      schema: {
        summary: 'Whether the process answers',
        tags: ['health'],
        security: [],
        response: {
          200: { description: 'It does.', type: 'object', properties: { live: { type: 'boolean' } } },
        },
      },
    },
    async () => ({ live: true }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Whether this node can serve',
        tags: ['health'],
        security: [],
        response: {
          200: { description: 'It can.', ...partsSchema },
          503: { description: 'It can not; parts says why.', ...partsSchema },
        },
      },
    },
    async (_request, reply) => {
      const found = await readiness();
      return reply.code(found.ready ? 200 : 503).send(found);
    },
  );

  if (metrics !== undefined) {
    app.get('/metrics', { schema: hidden }, async (_request, reply) =>
      reply.header('content-type', metrics.contentType).send(await metrics.text()),
    );
  }

  app.get('/openapi.json', { schema: hidden }, async () => app.swagger());

  for (const [path, document] of documents) {
    const type = path.startsWith('/v1/schemas/') ? 'application/schema+json' : 'application/json';
    const text = JSON.stringify(document);
    app.get(path, { schema: hidden }, async (_request, reply) =>
      reply.header('content-type', `${type}; charset=utf-8`).send(text),
    );
  }

  app.get<{ Params: { code: string } }>('/problems/:code', { schema: hidden }, async (request) => {
    const { code } = request.params;
    // Where a code is in both lists, the API's own sentence is what clients see.
    if (Object.hasOwn(API_PROBLEMS, code)) {
      const [status, title] = API_PROBLEMS[code as keyof typeof API_PROBLEMS];
      return { code, status, title };
    }
    if (!Object.hasOwn(REJECTIONS, code)) throw problem('not_found');
    const { httpStatus: status, sentence: title } = REJECTIONS[code as keyof typeof REJECTIONS];
    return { code, status, title };
  });
}
