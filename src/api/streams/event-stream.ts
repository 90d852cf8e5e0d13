import type { FeedPage, FeedReader } from '../../feed/views.js';

export interface EventStreamOptions {
  readonly reader: FeedReader;
  /** Aborted when the client is gone or the node stops. */
  readonly ended: AbortSignal;
  /** Whether the caller may still read; asked at every heartbeat. */
  readonly mayRead: () => Promise<boolean>;
  readonly heartbeatMs: number;
}

/** What a stream holds in memory of what its client has not taken yet. */
export const STREAM_PAGE = { events: 200, bytes: 64 * 1024 } as const;
const UNREACHABLE_PAUSE_MS = 1_000;

/**
 * Server-sent events, from the first page on: each event's text as it is in the journal, under its cursor as id. Nothing
 * is read before what was read is taken. A heartbeat carries an id without data: a client that resumes from it does not
 * go back over what others had.
 */
export async function* eventStream(
  first: FeedPage,
  { reader, ended, mayRead, heartbeatMs }: EventStreamOptions,
): AsyncGenerator<string> {
  yield 'retry: 1000\n\n';
  let beatAtMs = performance.now() + heartbeatMs;
  for (let page = first; !ended.aborted; page = await reader.read(STREAM_PAGE)) {
    const { events, cursor, caughtUp, unreachable } = page;
    if (events.length > 0)
      yield events.map((event) => `id: ${event.cursor}\ndata: ${event.text}\n\n`).join('');
    if (performance.now() >= beatAtMs) {
      if (!(await mayRead())) return;
      yield `: heartbeat\nid: ${cursor}\n\n`;
      beatAtMs = performance.now() + heartbeatMs;
    }
    const leftMs = Math.max(0, beatAtMs - performance.now());
    if (caughtUp) await reader.wait(leftMs, ended);
    else if (unreachable.length > 0 && events.length === 0)
      await reader.wait(Math.min(leftMs, UNREACHABLE_PAUSE_MS), ended);
  }
}
