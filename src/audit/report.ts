import type { AnchoredReport } from './anchors/anchor-check.js';
import type { SignedReport } from './checkpoints/checkpoint-audit.js';
import { type Divergence, describe } from './divergence.js';
import type { InDoubt } from './sagas.js';
import { visible } from './visible.js';

export interface ShardReport {
  /** Transfers that wait for a person, and those of them whose deadline has passed by the last event's time. */
  readonly inReview: { readonly open: number; readonly overdue: number };
  readonly shard: number;
  readonly events: number;
  readonly accounts: number;
  readonly entries: number;
  /** Hash of the last event read. */
  readonly hash: string;
  readonly signed: SignedReport;
  /** P1: all that is posted in this shard's books, by asset; the two sides are equal. */
  readonly trialBalance: readonly { asset: string; debits: string; credits: string }[];
  readonly inTransit: readonly { tenant: string; asset: string; peer: number; balance: string }[];
}

export interface AuditReport {
  readonly clean: boolean;
  readonly cluster: string;
  /** What the journal was compared with: nothing, each shard as a whole, or, as it has gone on since, its rows up to there. */
  readonly compared: 'nothing' | 'shards' | 'rows_up_to_the_end';
  readonly shards: readonly ShardReport[];
  readonly divergences: readonly Divergence[];
  readonly inDoubt: readonly InDoubt[];
  readonly sagasEnded: number;
  readonly seconds: number;
}

const COMPARED: Readonly<Record<AuditReport['compared'], string>> = {
  nothing: '; no shard was compared',
  shards: ', and every shard is what its journal says',
  rows_up_to_the_end: ", and each shard's rows up to the journal's end are what it says",
};
const MOST_LISTED = 20;

/** The report for a person: the verdict last, so that it stands above the prompt. */
export function renderReport(report: AuditReport): string {
  const { cluster, shards, divergences, inDoubt, sagasEnded, seconds } = report;
  const events = shards.reduce((sum, shard) => sum + shard.events, 0);
  const lines = [
    `Journal${cluster === '' ? '' : ` of ${cluster}`}: ${events} events of ${shards.length} shards read in ${seconds.toFixed(1)} s`,
    ...shards.flatMap(({ shard, events: n, accounts, entries, hash, signed }) => [
      `  shard ${shard}: ${n} events, ${accounts} accounts, ${entries} entries, last hash ${hash.slice(0, 16)}…`,
      `    ${signedLine(signed, n)}`,
    ]),
    `Transfers across shards: ${sagasEnded} ended, ${inDoubt.length} in doubt`,
    ...inDoubt
      .slice(0, MOST_LISTED)
      .map(
        ({ transfer, state, amount, asset, shards: at }) =>
          `  ${transfer} ${state}: ${amount} ${asset} on shards ${at.join(', ')}`,
      ),
    ...(inDoubt.length > MOST_LISTED ? [`  and ${inDoubt.length - MOST_LISTED} more`] : []),
    reviewLine(shards),
    ...divergences.map((divergence) => `DIVERGENCE ${describe(divergence)}`),
    report.clean
      ? `CLEAN: sequence, chain, signatures, entries, limits, sums and sagas hold${COMPARED[report.compared]}.`
      : `NOT CLEAN: ${divergences.length === 1 ? 'one divergence' : `${divergences.length} divergences`}, the first of each shard above.`,
  ];
  return `${lines.map(visible).join('\n')}\n`;
}

/** How many transfers wait for a person. */
function reviewLine(shards: readonly ShardReport[]): string {
  const sum = (of: 'open' | 'overdue'): number =>
    shards.reduce((total, { inReview }) => total + inReview[of], 0);
  const overdue = sum('overdue');
  return `Transfers in review: ${sum('open')}${overdue === 0 ? '' : `, ${overdue} of them past their deadline`}`;
}

/** How far a shard's journal is signed, for a person. */
export function signedLine(
  { checkpoints, key, trusted, upTo, chainOnly, anchored }: SignedReport,
  events: number,
): string {
  const anchors = anchored === undefined ? '' : `; ${anchoredText(anchored, checkpoints)}`;
  if (key === undefined) return `not signed: it has no checkpoint${anchors}`;
  const whose = trusted
    ? `${key}, which is trusted`
    : `${key} (say --trust to tell whether that is whom you trust)`;
  const rest = events - upTo;
  const left =
    rest === 0 ? '' : `; ${rest === 1 ? 'the event' : `the ${rest} events`} after it not signed yet`;
  const gaps = chainOnly.map(([first, last]) => `; events ${first} to ${last} by the chain only`).join('');
  return `signed up to ${upTo} in ${checkpoints} checkpoint${checkpoints === 1 ? '' : 's'} by ${whose}${left}${gaps}${anchors}`;
}

function anchoredText({ places, agreed, later }: AnchoredReport, checkpoints: number): string {
  const where = places === 1 ? 'in 1 place' : `in ${places} places`;
  const rest = later === 0 ? '' : `, ${later} more anchored after the end`;
  return `${agreed} of ${checkpoints} anchored ${where}, each as it is here${rest}`;
}
