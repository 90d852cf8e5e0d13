import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { PoisonEventError } from '../consumer/index.js';
import type { Alert } from './alert.js';

export interface LedgerClientOptions {
  /** Of one of the ledger's nodes. */
  readonly url: string;
  /** The API key of each tenant for which something may be done. */
  readonly keys: ReadonlyMap<string, string>;
  /** Told when the ledger gives no definite answer; it is asked again. */
  readonly onWait: (why: string) => void;
  readonly signal: AbortSignal;
}

/** The fraud consumer was stopped while it waited for the ledger's answer; the event is taken up again at the next start. */
export class StoppedWaitingError extends Error {
  override readonly name = 'StoppedWaitingError';
}

const TIMEOUT_MS = 15_000;
const PAUSES_MS = [100, 500, 2_000, 10_000] as const;

/** Acts on alerts through the ledger's API, each exactly once: the key of the request is the event's. */
export class LedgerClient {
  constructor(private readonly options: LedgerClientOptions) {}

  canActFor(tenant: string): boolean {
    return this.options.keys.has(tenant);
  }

  /**
   * Puts the alert's account under review. Resolves when the ledger has it, or has a state in which there is nothing to review.
   * @throws PoisonEventError if the ledger says that this can never be done, StoppedWaitingError
   */
  async reviewDebits({ account, event, tenant }: Alert): Promise<void> {
    const key = `saldo-fraud/${event}/${account}`;
    const path = `/v1/accounts/${account}`;
    const { status, body } = await this.untilDefinite('PATCH', path, { review_debits: true }, key, tenant);
    // 409: closed meanwhile; nothing will be debited from it.
    if (status === 200 || status === 409) return;
    throw new PoisonEventError(
      `${account} can not be put under review: the ledger answered ${status} ${body}`,
    );
  }

  private async untilDefinite(
    method: 'PATCH' | 'POST',
    path: string,
    body: object,
    key: string,
    tenant: string,
  ): Promise<{ readonly status: number; readonly body: string }> {
    const { url, keys, onWait, signal } = this.options;
    const headers = {
      authorization: `Bearer ${keys.get(tenant) ?? ''}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    };
    for (let attempt = 0; ; attempt += 1) {
      if (signal.aborted) throw new StoppedWaitingError('stopped while waiting for the ledger');
      try {
        const answer = await request(`${url}${path}`, {
          method,
          headers,
          body: JSON.stringify(body),
          headersTimeout: TIMEOUT_MS,
          bodyTimeout: TIMEOUT_MS,
          signal,
        });
        const text = await answer.body.text();
        // Of the key, not of the event: whoever mends it need not start the consumer anew.
        const ours = answer.statusCode === 401 || answer.statusCode === 403 || answer.statusCode === 429;
        if (!ours && answer.statusCode !== 202 && answer.statusCode < 500) {
          return { status: answer.statusCode, body: text };
        }
        onWait(`${method} ${path} was answered ${answer.statusCode} ${text.slice(0, 200)}`);
      } catch (error) {
        if (!signal.aborted) onWait(`${method} ${path}: ${error instanceof Error ? error.message : error}`);
      }
      const pauseMs = PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)];
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
