import Table from 'cli-table3';
import { toJournalEvent } from '../consumer/index.js';
import { JOURNAL_START, JournalCursor } from '../journal/journal-cursor.js';
import { type Alert, alertData } from './alert.js';
import type { FraudConfig } from './config/fraud-config.js';
import { decisionData, type ReviewDecision } from './review-decision.js';
import { ShardFraud } from './shard-fraud.js';

export interface FraudReport {
  readonly cluster: string;
  readonly events: number;
  readonly accounts: number;
  /** Activities of accounts that are not exempt. */
  readonly scored: number;
  /** Transfers that began to wait for a review. */
  readonly reviews: number;
  readonly alerts: readonly Alert[];
  /** Reviews that the rules decide, if nobody did before. */
  readonly decisions: readonly ReviewDecision[];
}

export interface ReportOptions {
  /** A shard's events in order, in chunks. */
  readonly read: (shard: number) => AsyncIterable<readonly string[]>;
  readonly cluster: string;
  /** By shard: how many events. */
  readonly upTo: readonly number[];
  readonly config: FraudConfig;
  readonly onProgress: (done: number, total: number) => void;
}

/** What the rules say of a journal as it is: the same as a consumer with these rules has said, or would have. */
export async function reportOf(options: ReportOptions): Promise<FraudReport> {
  const { read, cluster, upTo, config, onProgress } = options;
  const total = upTo.reduce((sum, one) => sum + one, 0);
  const alerts: Alert[] = [];
  const decisions: ReviewDecision[] = [];
  const states: ShardFraud[] = [];
  let done = 0;
  for (const [shard, last] of upTo.entries()) {
    const state = new ShardFraud(config);
    states.push(state);
    const cursor = new JournalCursor(cluster, shard, JOURNAL_START);
    if (last === 0) continue;
    for await (const texts of read(shard)) {
      for (const text of texts) {
        const decoded = cursor.at.seq < last ? cursor.next(text) : undefined;
        if (decoded === undefined) continue;
        const verdict = state.take(toJournalEvent(decoded, text));
        alerts.push(...verdict.alerts);
        if (verdict.decision !== undefined) decisions.push(verdict.decision);
      }
      onProgress(done + cursor.at.seq, total);
      if (cursor.at.seq >= last) break;
    }
    if (cursor.at.seq < last) throw new Error(`shard ${shard} has ${cursor.at.seq} of ${last} events`);
    done += last;
  }
  const sum = (of: (state: ShardFraud) => number): number =>
    states.reduce((all, state) => all + of(state), 0);
  return {
    cluster,
    events: total,
    accounts: sum(({ watched }) => watched),
    scored: sum(({ scored }) => scored),
    reviews: sum(({ reviews }) => reviews),
    alerts,
    decisions,
  };
}

const byScore = (a: Alert, b: Alert): number => b.score - a.score || (a.at < b.at ? -1 : 1);

/** An account with what was told of it. */
function accountsIn(alerts: readonly Alert[]): (readonly Alert[])[] {
  const found = new Map<string, Alert[]>();
  for (const alert of alerts) {
    const own = found.get(alert.account) ?? [];
    found.set(alert.account, own);
    own.push(alert);
  }
  return [...found.values()]
    .map((own) => own.sort(byScore))
    .sort((a, b) => (a[0] && b[0] ? byScore(a[0], b[0]) : 0) || b.length - a.length);
}

function rulesIn({ alerts }: FraudReport, { rules }: FraudConfig) {
  return rules.map(({ name, kind, score }) => {
    const fired = alerts.filter(({ reasons }) => reasons.some(({ rule }) => rule === name));
    const accounts = new Set(fired.map(({ account }) => account)).size;
    return { rule: name, kind, score, alerts: fired.length, accounts };
  });
}

export function reportJson(report: FraudReport, config: FraudConfig) {
  const { alerts, decisions, ...rest } = report;
  const marked = alerts.filter(({ action }) => action === 'review_debits');
  return {
    ...rest,
    rules: rulesIn(report, config),
    put_under_review: marked.map(({ account }) => account),
    alerts: alerts.map(alertData),
    decisions: decisions.map(decisionData),
  };
}

/** For a person: how often each rule had a part in an alert, and the accounts with the highest scores and why. */
export function renderReport(report: FraudReport, config: FraudConfig, limit: number): string {
  const { cluster, events, accounts, scored, alerts } = report;
  const flagged = accountsIn(alerts);
  const marked = alerts.filter(({ action }) => action === 'review_debits').length;
  const rules = new Table({
    head: ['rule', 'score', 'alerts', 'accounts'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right', 'right', 'right'],
  });
  for (const one of rulesIn(report, config)) rules.push([one.rule, one.score, one.alerts, one.accounts]);
  const lines = flagged.slice(0, limit).flatMap((own) => {
    const [worst] = own;
    if (worst === undefined) return [];
    const { amount, asset, at, side, event } = alertData(worst);
    const way = side === 'debit' ? 'out' : 'in';
    const more = own.length === 1 ? '' : `, the worst of ${own.length} alerts`;
    const review = own.some(({ action }) => action === 'review_debits') ? '  under review' : '';
    return [
      '',
      `${worst.account}  score ${worst.score}${review}`,
      `  ${amount} ${asset} ${way}, event ${event}, ${at.slice(0, 16).replace('T', ' ')}${more}`,
      ...worst.reasons.map(({ rule, score, why }) => `  +${String(score).padEnd(3)} ${rule}: ${why}`),
    ];
  });
  const reviews = reviewsLine(report, config);
  const left = flagged.length - Math.min(limit, flagged.length);
  return [
    `Journal of ${cluster}: ${events} events, ${accounts} accounts, ${scored} debits and credits scored`,
    `${alerts.length} alerts of ${flagged.length} accounts (score ${config.alertAt} or more), ${marked} put under review (${config.reviewAt} or more)`,
    ...(reviews === undefined ? [] : [reviews]),
    rules.toString(),
    ...lines,
    ...(left > 0 ? ['', `and ${left} more accounts; --limit shows more, --json all`] : []),
    '',
  ].join('\n');
}

/** Undefined where the rules leave every review to people. */
function reviewsLine(
  { reviews, decisions }: FraudReport,
  { reviews: policy }: FraudConfig,
): string | undefined {
  const { approveBelow, declineFrom } = policy;
  if (approveBelow === 0 && declineFrom > 100) return undefined;
  const approved = decisions.filter(({ decision }) => decision === 'approve').length;
  const declined = decisions.length - approved;
  const approvals = `${approved} would be approved (score below ${approveBelow})`;
  const refusals = `${declined} declined (${declineFrom} or more)`;
  return `${reviews} transfers in review: ${approvals}, ${refusals}, ${reviews - decisions.length} left to people`;
}
