import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { PoisonEventError } from '../consumer/index.js';
import type { Alert } from './alert.js';
import type { ReviewDecision } from './review-decision.js';

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

/**
 * What became of a decision about a review: `decided` now, `repeated` what was decided under its key before, or
 * `decided_before` by somebody else, whose decision stands.
 */
export type DecisionOutcome = 'decided' | 'repeated' | 'decided_before';

interface DefiniteAnswer {
  readonly status: number;
  readonly body: string;
  readonly replayed: boolean;
}

/** Acts on what the rules say through the ledger's API, each exactly once: the key of the request is made of its cause. */
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

  /**
   * Resolves when the transfer in review is decided, by this or by whoever came first.
   * @throws PoisonEventError if the ledger says that this can never be done, StoppedWaitingError
   */
  async decideReview({ transfer, tenant, decision, note, key }: ReviewDecision): Promise<DecisionOutcome> {
    const path = `/v1/transfers/${transfer}/${decision}`;
    const { status, body, replayed } = await this.untilDefinite('POST', path, { note }, key, tenant);
    if (status === 200) return replayed ? 'repeated' : 'decided';
    // Under its key another note was sent, by another release, or the key was burnt: this decides nothing.
    const code = codeOf(body);
    if (code === 'review_decided' || code === 'idempotency_key_reused') return 'decided_before';
    throw new PoisonEventError(`${transfer} can not be decided: the ledger answered ${status} ${body}`);
  }

  private async untilDefinite(
    method: 'PATCH' | 'POST',
    path: string,
    body: object,
    key: string,
    tenant: string,
  ): Promise<DefiniteAnswer> {
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
          const replayed = answer.headers['idempotent-replayed'] === 'true';
          return { status: answer.statusCode, body: text, replayed };
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

/** Of a problem (RFC 9457); undefined where something else than the ledger answered. */
function codeOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { readonly code?: unknown } | null)?.code;
  } catch {
    return undefined;
  }
}
