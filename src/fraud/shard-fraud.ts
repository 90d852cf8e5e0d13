import type { JournalEvent, LedgerEvent } from '../consumer/index.js';
import type { AccountId } from '../domain/ids.js';
import { type AccountActivity, activitiesOf } from './activities.js';
import type { Alert, Reason } from './alert.js';
import type { Exempt, FraudConfig } from './config/fraud-config.js';
import { decisionOf, type ReviewDecision, type Scored } from './review-decision.js';
import { type Watch, watchFor } from './rules.js';

interface WatchedAccount {
  readonly tenant: string;
  readonly reference: string | undefined;
  unlimited: boolean;
  metadata: Readonly<Record<string, string>>;
  /** Under review already: marked by this, or by somebody else; told by the journal when it is over. */
  marked: boolean;
  /** Milliseconds; never goes backwards, whatever callers say of when something counts. */
  clock: number;
  /** Made with the account's first activity. */
  watches: readonly Watch[] | undefined;
}

interface ScoredActivity extends AccountActivity, Scored {
  readonly account: AccountId;
  readonly of: WatchedAccount;
  readonly at: number;
}

/** What the rules say of an event. */
export interface Verdict {
  readonly alerts: readonly Alert[];
  /** If it is of a transfer that begins to wait for a review, and the rules decide it. */
  readonly decision?: ReviewDecision;
}

/**
 * What the rules know of one shard's accounts: a fold over that shard's events and nothing else. An account's events are all in
 * its shard's journal, so what is known of it never depends on how shards come in beside each other, or on any clock but the
 * events'. Whoever folds the same events has the same verdicts.
 */
export class ShardFraud {
  private readonly accounts = new Map<AccountId, WatchedAccount>();
  private last: { readonly seq: number; readonly verdict: Verdict } = { seq: 0, verdict: { alerts: [] } };
  /** How many activities were scored. */
  scored = 0;
  /** How many transfers began to wait for a review. */
  reviews = 0;

  constructor(private readonly config: FraudConfig) {}

  /** The sequence of the last event that was taken. */
  get seq(): number {
    return this.last.seq;
  }

  get watched(): number {
    return this.accounts.size;
  }

  /** Takes the next event in; the last one again says what it said before and changes nothing. */
  take(event: JournalEvent): Verdict {
    if (event.seq === this.last.seq) return this.last.verdict;
    this.attribute(event.data);
    const scored = activitiesOf(event.data).flatMap((activity) => this.score(event, activity) ?? []);
    const alerts = scored.flatMap((one) => this.alertOf(event, one) ?? []);
    if (event.data.type === 'transfer.review') this.reviews += 1;
    const decision = decisionOf(event.id, event.data, scored, this.config);
    this.last = { seq: event.seq, verdict: decision === undefined ? { alerts } : { alerts, decision } };
    return this.last.verdict;
  }

  private attribute(event: LedgerEvent): void {
    if (event.type === 'account.opened' && event.kind === 'account') {
      const { account, tenant, reference, limits, metadata } = event;
      const unlimited = limits.minBalance === null;
      const fresh = { marked: false, clock: 0, watches: undefined };
      this.accounts.set(account, { tenant, reference, unlimited, metadata, ...fresh });
    } else if (event.type === 'account.changed') {
      const account = this.accounts.get(event.account);
      if (account === undefined) return;
      const { reviewDebits, minBalance, metadata } = event.change;
      if (reviewDebits !== undefined) account.marked = reviewDebits;
      if (minBalance !== undefined) account.unlimited = minBalance === null;
      if (metadata !== undefined) account.metadata = metadata;
    }
  }

  /** Undefined of an account that is exempt. */
  private score({ time, data }: JournalEvent, activity: AccountActivity): ScoredActivity | undefined {
    const account = this.accounts.get(activity.account);
    if (account === undefined || isExempt(account, this.config.exempt)) return undefined;
    const { rules } = this.config;
    account.watches ??= rules.map(watchFor);
    account.clock = Math.max(account.clock, this.timeOf(time, data));
    this.scored += 1;
    const reasons: Reason[] = [];
    for (const [index, watch] of account.watches.entries()) {
      const why = watch.take({ ...activity, at: account.clock });
      const rule = rules[index];
      if (why !== undefined && rule !== undefined) reasons.push({ rule: rule.name, score: rule.score, why });
    }
    const score = Math.min(
      100,
      reasons.reduce((sum, reason) => sum + reason.score, 0),
    );
    return { ...activity, of: account, at: account.clock, score, reasons };
  }

  private alertOf({ id }: JournalEvent, { of: account, at, ...scored }: ScoredActivity): Alert | undefined {
    const { alertAt, reviewAt } = this.config;
    if (scored.score < alertAt) return undefined;
    const marks = scored.score >= reviewAt && !account.marked;
    if (marks) account.marked = true;
    return {
      ...scored,
      event: id,
      tenant: account.tenant,
      at: new Date(at).toISOString(),
      action: marks ? 'review_debits' : 'none',
    };
  }

  /** When the caller said that it counts, if that is wanted; never later than it was booked, which nobody can choose. */
  private timeOf(time: string, event: LedgerEvent): number {
    const booked = Date.parse(time);
    if (this.config.time === 'booked' || !('details' in event)) return booked;
    const said = event.details?.effectiveAt;
    const at = said === undefined ? Number.NaN : Date.parse(said);
    return Number.isNaN(at) ? booked : Math.min(booked, at);
  }
}

function isExempt({ unlimited, reference, metadata }: WatchedAccount, exempt: Exempt): boolean {
  if (exempt.unlimited && unlimited) return true;
  if (reference !== undefined && exempt.referencePrefixes.some((prefix) => reference.startsWith(prefix)))
    return true;
  return Object.entries(exempt.metadata).some(([name, value]) => metadata[name] === value);
}
