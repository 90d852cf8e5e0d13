import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { callerOf, tokenOf } from '../authenticate.js';
import type { ApiPorts } from '../ports.js';
import { problem } from '../problem.js';
import { limitIn } from '../read/limit.js';
import { eventsPage, eventsQuery, streamHeaders, streamQuery } from '../schemas/events.js';
import { problemAnswers } from '../schemas/problems.js';
import { eventStream, STREAM_PAGE } from '../streams/event-stream.js';
import { firstPage, NDJSON, sendPage } from '../streams/pages.js';
import { type Watcher, Watchers } from '../streams/watchers.js';

const MAX_WAIT_S = 30;
const PAGE_BYTES = 4 * 1024 * 1024;
const HEARTBEAT_MS = 15_000;
/** A connection that takes nothing for so long, heartbeats included, is closed: its client resumes. */
const STALLED_MS = 60_000;

/** A tenant's own events, for those who do not read Kafka. */
export function eventRoutes(app: FastifyInstance, ports: ApiPorts): void {
  const { watchers = new Watchers() } = ports;
  // Before the server waits for its connections: these would not end by themselves.
  app.addHook('preClose', async () => watchers.stop());
  pullRoute(app, ports, watchers);
  streamRoute(app, ports, watchers);
}

function pullRoute(app: FastifyInstance, { feed }: ApiPorts, watchers: Watchers): void {
  app.get<{ Querystring: { after?: string; limit?: string; wait?: string } }>(
    '/v1/events',
    {
      schema: {
        summary: 'Your events in the journal from a place on; waits for the next where there are none yet',
        tags: ['events'],
        querystring: eventsQuery,
        response: {
          200: {
            description: `A page of events, maybe empty. With "Accept: ${NDJSON}" one event a line.`,
            ...eventsPage,
          },
          ...problemAnswers,
        },
      },
    },
    async (request, reply) => {
      const { tenant } = callerOf(request);
      const { after = 'start', limit = '100', wait = '0' } = request.query;
      const most = { events: limitIn(limit), bytes: PAGE_BYTES };
      const waitMs = waitIn(wait);
      const watcher = watch(watchers.enter(tenant), reply);
      try {
        const reader = await feed.open(tenant, after, { live: waitMs > 0 });
        const page = await firstPage(reader, most, waitMs, watcher.ended).finally(() => reader.close());
        return sendPage(request, reply, page);
      } finally {
        watcher.leave();
      }
    },
  );
}

function streamRoute(app: FastifyInstance, ports: ApiPorts, watchers: Watchers): void {
  const { feed, ownerOf, heartbeatMs = HEARTBEAT_MS, stalledMs = STALLED_MS } = ports;
  app.get<{ Querystring: { after?: string }; Headers: { 'last-event-id'?: string } }>(
    '/v1/events/stream',
    {
      config: { stream: true },
      // Asked for its headers alone it would never end.
      exposeHeadRoute: false,
      schema: {
        summary: 'Your events in the journal as they come, as server-sent events',
        tags: ['events'],
        querystring: streamQuery,
        headers: streamHeaders,
        response: {
          200: {
            description:
              'Of each event the id is its cursor, the data its text as in the journal. Never ends by itself.',
            content: { 'text/event-stream': { schema: { type: 'string' } } },
          },
          ...problemAnswers,
        },
      },
    },
    async (request, reply) => {
      const { tenant, keyId } = callerOf(request);
      const from = request.headers['last-event-id'] || request.query.after || 'start';
      const token = tokenOf(request) ?? '';
      // Only a clear no ends it: that the control database does not answer is no reason.
      const mayRead = async (): Promise<boolean> =>
        (await ownerOf(token).catch(() => ({ keyId })))?.keyId === keyId;
      const watcher = watch(watchers.enter(tenant), reply);
      try {
        const reader = await feed.open(tenant, from, { live: true });
        const leave = (): void => {
          reader.close();
          watcher.leave();
        };
        // What is wrong with the place is said before the stream begins.
        const first = await reader.read(STREAM_PAGE).catch((error: unknown) => {
          leave();
          throw error;
        });
        const { ended } = watcher;
        const events = eventStream(first, { reader, ended, mayRead, heartbeatMs });
        const body = Readable.from(events, { objectMode: false }).once('close', leave);
        const { socket } = request.raw;
        socket.setTimeout(stalledMs, () => socket.destroy());
        return reply
          .headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no', connection: 'close' })
          .header('content-type', 'text/event-stream; charset=utf-8')
          .send(body);
      } catch (error) {
        watcher.leave();
        throw error;
      }
    },
  );
}

/** Ends it when the connection does: who is not there any more is not waited for. */
function watch(watcher: Watcher, { raw }: FastifyReply): Watcher {
  raw.once('close', () => watcher.end());
  return watcher;
}

/** @throws ProblemError naming `wait` */
function waitIn(text: string): number {
  const seconds = Number(text);
  if (seconds <= MAX_WAIT_S) return seconds * 1_000;
  throw problem('invalid_request', { field: 'wait', detail: `wait is 0 to ${MAX_WAIT_S} seconds.` });
}
