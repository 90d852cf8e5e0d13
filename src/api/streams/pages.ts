import type { FastifyReply, FastifyRequest } from 'fastify';
import { UnavailableError } from '../../errors/shard-errors.js';
import type { FeedPage, FeedReader } from '../../feed/views.js';

export const NDJSON = 'application/x-ndjson';
const UNREACHABLE_PAUSE_MS = 1_000;

/** The first page that has events, or the last one read when the time is over. */
export async function firstPage(
  reader: FeedReader,
  most: { readonly events: number; readonly bytes: number },
  waitMs: number,
  ended: AbortSignal,
): Promise<FeedPage> {
  const deadlineMs = performance.now() + waitMs;
  for (;;) {
    const page = await reader.read(most);
    const leftMs = deadlineMs - performance.now();
    if (page.events.length > 0 || leftMs <= 0 || ended.aborted) return page;
    if (page.unreachable.length > 0) await reader.wait(Math.min(leftMs, UNREACHABLE_PAUSE_MS), ended);
    else if (page.caughtUp) await reader.wait(leftMs, ended);
  }
}

/**
 * Answers with the events' own bytes, nothing parsed or written anew: in JSON, or one a line for whoever asks for that.
 * @throws UnavailableError where it has nothing because a shard does not answer
 */
export function sendPage(request: FastifyRequest, reply: FastifyReply, page: FeedPage): FastifyReply {
  const { events, cursor, caughtUp, unreachable } = page;
  const [away] = unreachable;
  if (events.length === 0 && away !== undefined)
    throw new UnavailableError(`shard ${away}`, 'does not answer');
  reply.header('cache-control', 'no-store');
  const texts = events.map(({ text }) => text);
  if (request.headers.accept?.includes(NDJSON) === true) {
    return reply
      .headers({ 'saldo-next-cursor': cursor, 'saldo-caught-up': String(caughtUp) })
      .header('content-type', `${NDJSON}; charset=utf-8`)
      .send(texts.map((text) => `${text}\n`).join(''));
  }
  const rest = `"next_cursor":${JSON.stringify(cursor)},"caught_up":${caughtUp}`;
  return reply
    .header('content-type', 'application/json; charset=utf-8')
    .send(`{"data":[${texts.join(',')}],${rest}}`);
}
