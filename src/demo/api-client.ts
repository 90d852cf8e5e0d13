import { Pool } from 'undici';

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

const CONNECTIONS = 64;
const PATIENCE_MS = 120_000;
const PAUSE_MS = 100;

/**
 * A client as a merchant would write it: it repeats a request with its key until the answer is definite, on the next
 * node when one does not answer.
 */
export class ApiClient {
  private readonly pools: readonly Pool[];
  /** How often a request had to be sent again because the outcome was not known. */
  retries = 0;

  constructor(
    urls: readonly string[],
    private readonly key: string,
  ) {
    this.pools = urls.map((url) => new Pool(url, { connections: CONNECTIONS, headersTimeout: 30_000 }));
  }

  /** `node`: which to ask first. A definite answer is any but 202 and 5xx. */
  async post(node: number, path: string, body: unknown, idempotencyKey: string): Promise<ApiAnswer> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
    return this.untilDefinite(node, { method: 'POST', path, headers, body: JSON.stringify(body) });
  }

  async get<T>(node: number, path: string): Promise<T> {
    const { status, body } = await this.untilDefinite(node, { method: 'GET', path, headers: {} });
    if (status !== 200) throw new Error(`GET ${path} was answered ${status}: ${body}`);
    return JSON.parse(body) as T;
  }

  async close(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.destroy()));
  }

  private async untilDefinite(node: number, request: Request): Promise<ApiAnswer> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let attempt = 0; ; attempt += 1) {
      const answer = await this.once((node + attempt) % this.pools.length, request);
      if (answer !== undefined && answer.status !== 202 && answer.status < 500) return answer;
      if (performance.now() > deadline) {
        throw new Error(
          `${request.method} ${request.path} has no definite answer after ${PATIENCE_MS / 1_000} s`,
        );
      }
      this.retries += 1;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** Undefined if the connection broke: nothing is known then. */
  private async once(node: number, { headers, ...request }: Request): Promise<ApiAnswer | undefined> {
    const pool = this.pools[node];
    if (pool === undefined) throw new RangeError(`there is no node ${node}`);
    try {
      const { statusCode, body } = await pool.request({
        ...request,
        headers: { ...headers, authorization: `Bearer ${this.key}` },
      });
      return { status: statusCode, body: await body.text() };
    } catch {
      return undefined;
    }
  }
}

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}
