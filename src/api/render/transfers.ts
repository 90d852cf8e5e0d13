import { type Asset, displayAsset } from '../../domain/asset.js';
import type { Rejection } from '../../domain/rejections.js';
import type { FxRate, TransferDetails } from '../../domain/transfer.js';
import type { ReviewView, TransferView } from '../../routing/views.js';
import { API_PROBLEMS, type Problem, rejectionProblem } from '../problem.js';
import { formatter } from './amounts.js';

/** A transfer as it is in what it was given: of a command's answer, as that command left it. */
export function renderTransfer(transfer: TransferView) {
  const { id, createdAt, endedAt, captures, reversals, reason, shards } = transfer;
  return {
    id,
    ...whatItIs(transfer),
    ...renderDetails(transfer.details),
    ...occurrenceOf(transfer),
    created_at: createdAt,
    ...(endedAt === undefined ? {} : { ended_at: endedAt }),
    ...(transfer.expiresAt === undefined ? {} : { expires_at: transfer.expiresAt }),
    ...(transfer.hold === undefined ? {} : { hold: holdParts(transfer) }),
    ...(transfer.review === undefined ? {} : { review: renderReview(transfer.review) }),
    ...(captures === undefined ? {} : { captures }),
    ...(reversals === undefined ? {} : { reversals }),
    ...(transfer.reversed === undefined ? {} : { reversed: amounts(transfer, transfer.reversed) }),
    ...(transfer.reversing === undefined ? {} : { reversing: amounts(transfer, transfer.reversing) }),
    ...(transfer.rejection === undefined ? {} : { rejection: problemOf(transfer, transfer.rejection) }),
    ...(reason === undefined ? {} : { reason: reason.code }),
    shards,
  };
}

/** What a trial came to: it has no id and no times, since there is no such transfer. */
export const renderDryRun = (transfer: TransferView) => ({
  dry_run: true,
  ...whatItIs(transfer),
  ...renderDetails(transfer.details),
  ...(transfer.expiresAt === undefined ? {} : { expires_at: transfer.expiresAt }),
  ...(transfer.review === undefined ? {} : { review: renderReview(transfer.review) }),
  ...(transfer.rejection === undefined ? {} : { rejection: problemOf(transfer, transfer.rejection) }),
  shards: transfer.shards,
});

/** The problem that a rejected or canceled transfer is to whoever asked for it. */
export function transferProblem(transfer: TransferView): Problem {
  const rendered = { transfer: renderTransfer(transfer) };
  if (transfer.rejection !== undefined) return problemOf(transfer, transfer.rejection, rendered);
  const [status, title] = API_PROBLEMS.transfer_canceled;
  return { type: '/problems/transfer_canceled', title, status, code: 'transfer_canceled', ...rendered };
}

/** In what the rejection's amounts are: the asset of its account, which a leg names. */
export function assetOfRejection({ account }: Rejection, legs: TransferView['legs']): Asset | undefined {
  const leg = legs.find(
    ({ debit, credit }) => account === undefined || debit === account || credit === account,
  );
  return leg?.asset;
}

export const problemOf = (
  transfer: Pick<TransferView, 'legs'>,
  rejection: Rejection,
  members: Partial<Problem> = {},
): Problem => rejectionProblem(rejection, assetOfRejection(rejection, transfer.legs), members);

const occurrenceOf = ({ scheduled, details }: TransferView) => {
  const occurrence = details?.occurrence ?? (scheduled && { schedule: scheduled.schedule, number: 1 });
  return {
    ...(scheduled === undefined ? {} : { scheduled_at: scheduled.for }),
    ...(occurrence === undefined ? {} : { occurrence }),
  };
};

const whatItIs = ({ kind, status, of, legs, upTo }: TransferView) => ({
  kind,
  status,
  ...(of === undefined ? {} : { of }),
  legs: renderLegs(legs),
  ...(upTo === undefined || legs[0] === undefined ? {} : { up_to: formatter(legs[0].asset)(upTo) }),
});

export const renderLegs = (legs: TransferView['legs']) =>
  legs.map(({ debit, credit, amount, asset }) => ({
    debit,
    credit,
    amount: formatter(asset)(amount),
    asset: displayAsset(asset),
  }));

export const renderDetails = ({ reference, metadata, effectiveAt, fx }: TransferDetails = {}) => ({
  ...(reference === undefined ? {} : { reference }),
  ...(metadata === undefined ? {} : { metadata }),
  ...(effectiveAt === undefined ? {} : { effective_at: effectiveAt }),
  ...(fx === undefined ? {} : { fx: fx.map(renderRate) }),
});

const renderRate = ({ sell, buy, rate, rounding }: FxRate) => ({
  sell_leg: sell,
  buy_leg: buy,
  rate,
  rounding,
});

const renderReview = ({ reason, deadline, escalateAt, decision, decidedAt, note }: ReviewView) => ({
  reason: reason.code,
  ...(reason.account === undefined ? {} : { account: reason.account }),
  ...(deadline === undefined ? {} : { deadline }),
  ...(escalateAt === undefined ? {} : { escalate_at: escalateAt }),
  ...(decision === undefined ? {} : { decision, decided_at: decidedAt }),
  ...(note === undefined ? {} : { note }),
});

/** By leg of the hold; together they come to the leg's amount while it is open. */
const holdParts = ({ hold = [], legs }: TransferView) =>
  legs.flatMap(({ asset }, leg) => {
    const units = formatter(asset);
    const part = hold[leg];
    if (part === undefined) return [];
    const { remaining, capturing, captured } = part;
    const underWay = capturing === 0n ? {} : { capturing: units(capturing) };
    return [{ leg, remaining: units(remaining), ...underWay, captured: units(captured) }];
  });

const amounts = ({ legs }: TransferView, byLeg: readonly bigint[]) =>
  legs.map(({ asset }, leg) => ({ leg, amount: formatter(asset)(byLeg[leg] ?? 0n) }));
