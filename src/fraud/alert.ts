import { displayAsset, scaleOf } from '../domain/asset.js';
import { formatMoney } from '../domain/money.js';
import type { AccountActivity } from './activities.js';

export interface Reason {
  readonly rule: string;
  readonly score: number;
  /** A sentence with the figures. */
  readonly why: string;
}

/** `review_debits`: the account is put under review with this event; `none`: it is told, and nothing is done. */
export type Action = 'review_debits' | 'none';

/** One event that made one account suspicious. */
export interface Alert extends AccountActivity {
  /** The event's id: `<shard>-<seq>`. */
  readonly event: string;
  readonly tenant: string;
  /** By which the windows were judged; RFC 3339. */
  readonly at: string;
  /** 1 … 100. */
  readonly score: number;
  readonly reasons: readonly Reason[];
  readonly action: Action;
}

/** The topic of a cluster's alerts. */
export const alertsTopic = (cluster: string): string => `${cluster}.fraud.alerts`;

/** As it is published and printed; the same alert has the same text, whoever makes it and whenever. */
export function alertData(alert: Alert) {
  const { event, tenant, account, transfer, side, asset, amount, parties, at, score, reasons, action } =
    alert;
  return {
    event,
    tenant,
    account,
    transfer,
    side,
    amount: formatMoney(amount, scaleOf(asset)),
    asset: displayAsset(asset),
    parties: parties.slice(0, 10),
    at,
    score,
    reasons,
    action,
  };
}

/** A CloudEvent 1.0 in structured mode, like the journal's own events. */
export function alertText(cluster: string, alert: Alert): string {
  return JSON.stringify({
    specversion: '1.0',
    id: `${alert.event}/${alert.account}/${alert.side}`,
    source: `/${cluster}/fraud`,
    type: 'saldo.fraud.alert',
    time: alert.at,
    subject: alert.account,
    tenant: alert.tenant,
    cause: alert.event,
    data: alertData(alert),
  });
}
