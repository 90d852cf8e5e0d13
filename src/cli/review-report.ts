import { problemOf, renderTransfer } from '../api/render/transfers.js';
import type { TransferAnswer } from '../intake/requests.js';
import type { ToldTransfer } from '../main/operator-desk.js';
import type { Listing } from '../routing/answering.js';
import type { OpenReviewView, ReviewView, TransferView } from '../routing/views.js';
import { legLines, missingJson, missingLines, quoted, sentenceOf, textOf } from './operator-report.js';

/** What came of an operator's decision, and the transfer as it is now. */
export interface Decided {
  readonly decision: 'approve' | 'decline';
  readonly key: string;
  readonly answer: TransferAnswer;
  readonly told: ToldTransfer;
}

/** Transfers as the API has them: amounts are decimal strings. */
export const reviewsJson = (listing: Listing<OpenReviewView>) => ({
  reviews: listing.items.map(({ transfer, opened, escalated }) => ({
    tenant: transfer.tenant,
    since: opened,
    escalated,
    transfer: renderTransfer(transfer),
  })),
  ...missingJson(listing),
});

export function renderReviews(listing: Listing<OpenReviewView>): string {
  const { items, more } = listing;
  const lines = items.flatMap(({ transfer, opened, escalated }) => {
    const { id, tenant, kind, legs, review } = transfer;
    return [
      `  ${id}  ${tenant}  ${kind}  since ${opened}${escalated ? '  escalated' : ''}`,
      ...legLines(legs),
      ...(review === undefined ? [] : [`    ${whyOf(review)}; ${untilOf(review)}`]),
    ];
  });
  return textOf(`transfers in review: ${items.length + more}`, ...lines, ...missingLines(listing, 'younger'));
}

export const toldReviewJson = ({ transfer, events }: ToldTransfer) => ({
  tenant: transfer.tenant,
  transfer: renderTransfer(transfer),
  events,
});

export function renderToldReview(told: ToldTransfer): string {
  const { transfer, events } = told;
  const { id, tenant, kind, status, createdAt, legs, details, review } = transfer;
  const reference = details?.reference === undefined ? '' : `, reference ${details.reference}`;
  return textOf(
    `${id}  ${status}`,
    `${kind}, tenant ${tenant}, since ${createdAt}${reference}`,
    ...legLines(legs),
    ...(review === undefined ? [] : [`  ${whyOf(review)}`, `  ${outcomeOf(told) ?? untilOf(review)}`]),
    ...events.map(({ event, type, at, actor }) => `  event ${event}  ${type}  ${at}  ${actor}`),
  );
}

export const decisionJson = ({ decision, key, answer, told: { transfer } }: Decided) => ({
  decision,
  key,
  ...(answer.kind === 'refused'
    ? {
        replayed: answer.replayed ?? false,
        refused: problemOf(transfer, answer.rejection),
        transfer: renderTransfer(transfer),
      }
    : { replayed: answer.replayed, transfer: renderTransfer(answer.transfer) }),
});

export function renderDecision({ decision, key, answer, told }: Decided): string {
  const { id } = told.transfer;
  const done = `${decision}d`;
  if (answer.kind === 'refused') {
    const outcome = outcomeOf(told);
    return textOf(
      `${id} is not ${done}: ${sentenceOf(answer.rejection)}`,
      ...(outcome === undefined ? [] : [`  ${outcome}`]),
      `  key ${key}`,
    );
  }
  const { replayed, transfer } = answer;
  const when = replayed ? `was ${done} by this key before` : `is ${done}`;
  return textOf(`${id} ${when}: ${carriedOn(transfer)}`, `  key ${key}`);
}

const carriedOn = ({ status }: TransferView): string =>
  status === 'processing' ? 'processing, the pump carries it to its other shards' : status;

function whyOf({ reason: { code, account } }: ReviewView): string {
  switch (code) {
    case 'account':
      return `went to review because ${account ?? 'an account'} is marked (account)`;
    case 'amount':
      return "went to review because it moves more than the cluster's rule (amount)";
    case 'requested':
      return 'went to review because whoever asked for it said so (requested)';
  }
}

const untilOf = ({ deadline, escalateAt }: ReviewView): string =>
  [
    ...(escalateAt === undefined ? [] : [`escalates at ${escalateAt}`]),
    deadline === undefined ? 'waits for ever' : `rejected at ${deadline} unless decided`,
  ].join(', ');

/** What was decided, by whom and why; undefined while it waits. */
function outcomeOf({ transfer: { review }, events }: ToldTransfer): string | undefined {
  if (review?.decision === undefined) return undefined;
  const { decision, decidedAt, note } = review;
  const actor = events.find(({ type }) => type === `review.${decision}`)?.actor;
  return `${decision} at ${decidedAt} by ${actor}${note === undefined ? '' : `: ${quoted(note)}`}`;
}
