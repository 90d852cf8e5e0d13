import { type Asset, displayAsset, scaleOf } from '../domain/asset.js';
import { formatMoney } from '../domain/money.js';
import { REJECTIONS, type Rejection } from '../domain/rejections.js';
import type { Leg } from '../domain/transfer.js';
import type { Listing } from '../routing/answering.js';

/** An amount in the asset's decimals. */
export const decimal = (amount: bigint, asset: Asset): string => formatMoney(amount, scaleOf(asset));

export const moneyOf = ({ amount, asset }: Pick<Leg, 'amount' | 'asset'>): string =>
  `${decimal(amount, asset)} ${displayAsset(asset)}`;

/** One line a leg. */
export const legLines = (legs: readonly Leg[]): string[] =>
  legs.map((leg) => `    ${moneyOf(leg)} from ${leg.debit} to ${leg.credit}`);

/** What is not in the list: those left out, and shards that did not answer. */
export function missingLines(
  { items, more, unreachable, reasons }: Listing<unknown>,
  which: string,
): string[] {
  return [
    ...(more > 0 ? [`  and ${more} more, ${which}: list them with --limit ${items.length + more}`] : []),
    ...unreachable.map(
      (shard, at) => `shard ${shard} does not answer, so nothing of it is listed: ${reasons[at]}`,
    ),
  ];
}

export const missingJson = ({ more, unreachable, reasons }: Listing<unknown>) => ({
  more,
  unreachable_shards: unreachable,
  unreachable_reasons: reasons,
});

export const sentenceOf = ({ code, field }: Rejection): string =>
  `${REJECTIONS[code].sentence}${field === undefined ? '' : ` The requests differ in "${field}".`} (${code})`;

/** What somebody wrote, in quotes and with nothing in it that a terminal would obey. */
export const quoted = (words: string): string =>
  JSON.stringify(words).replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

export const textOf = (...lines: readonly string[]): string => `${lines.join('\n')}\n`;
