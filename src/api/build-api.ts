import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { answerClientError, answerErrors, answerFrameworkError } from './answer-errors.js';
import { authenticate } from './authenticate.js';
import type { ApiPorts } from './ports.js';
import { parseQuery } from './read/query-string.js';
import { readJson } from './read-json.js';
import { accountBatchRoutes } from './routes/account-batches.js';
import { accountHistoryRoutes } from './routes/account-history.js';
import { accountRoutes } from './routes/accounts.js';
import { calculationRoutes } from './routes/calculations.js';
import { cancelRoutes } from './routes/cancels.js';
import { eventRoutes } from './routes/events.js';
import { followUpRoutes } from './routes/follow-ups.js';
import { healthRoutes } from './routes/health.js';
import { idempotencyKeyRoutes } from './routes/idempotency-keys.js';
import { inDoubtRoutes } from './routes/in-doubt.js';
import { reviewRoutes } from './routes/reviews.js';
import { scheduleRoutes } from './routes/schedules.js';
import { searchRoutes } from './routes/search.js';
import { transferBatchRoutes } from './routes/transfer-batches.js';
import { transferRoutes } from './routes/transfers.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answer goes on for as long as the client likes. */
    stream?: boolean;
  }
}

const BODY_LIMIT = 1024 * 1024;

/** The HTTP API over the ledger's ports; listening is the caller's. */
export async function buildApi(ports: ApiPorts, logger: Logger): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    // While it drains, what still comes on open connections is served; new connections are refused.
    return503OnClosing: false,
    // For a request to come in whole; how long its answer takes is the client's to say.
    requestTimeout: 30_000,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
    requestIdHeader: false,
    genReqId: () => `req_${uuidv7()}`,
    // Fastify's defaults turn the number 12.34 into a string and drop unknown fields before anything is hashed.
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allErrors: false,
        allowUnionTypes: true,
        // How OpenAPI says that an object is written in a query string.
        keywords: ['style', 'explode'],
      },
    },
    // A key in an address has up to 255 characters.
    routerOptions: { maxParamLength: 255, querystringParser: parseQuery },
  }) as unknown as FastifyInstance;
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Saldo',
        version: '1',
        description:
          'A payment ledger. Amounts are decimal strings. A 4xx is definite; after a 5xx or a cut connection repeat the request with the same Idempotency-Key.',
      },
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
      security: [{ apiKey: [] }],
    },
  });
  answerErrors(app);
  readJson(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  closeAfterAnswers(app);
  if (ports.onAnswered !== undefined) timeAnswers(app, ports.onAnswered);
  await app.register((open, _options, done) => {
    healthRoutes(open, ports);
    done();
  });
  await app.register((guarded, _options, done) => {
    authenticate(guarded, ports.ownerOf);
    accountRoutes(guarded, ports);
    accountHistoryRoutes(guarded, ports);
    accountBatchRoutes(guarded, ports);
    transferRoutes(guarded, ports);
    transferBatchRoutes(guarded, ports);
    idempotencyKeyRoutes(guarded, ports);
    calculationRoutes(guarded);
    searchRoutes(guarded, ports);
    eventRoutes(guarded, ports);
    inDoubtRoutes(guarded, ports);
    scheduleRoutes(guarded, ports);
    void guarded.register((scoped, _none, ready) => {
      // A request without a body is one that says nothing in particular.
      scoped.addHook('preValidation', async (request) => {
        request.body ??= {};
      });
      followUpRoutes(scoped, ports);
      cancelRoutes(scoped, ports);
      reviewRoutes(scoped, ports);
      ready();
    });
    done();
  });
  await app.ready();
  return app;
}

/** While it stops, a connection whose request was under way is closed after its answer instead of kept for another. */
function closeAfterAnswers(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close');
    done(null, payload);
  });
}

/** By the route's pattern, so that there are as many series as routes and no ids among them. */
function timeAnswers(app: FastifyInstance, onAnswered: NonNullable<ApiPorts['onAnswered']>): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { url = 'none', config } = request.routeOptions;
    if (config.stream !== true) onAnswered(request.method, url, reply.statusCode, reply.elapsedTime / 1_000);
    done();
  });
}
