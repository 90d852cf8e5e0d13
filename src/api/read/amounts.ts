import { type Asset, displayAsset, parseAsset, scaleOf } from '../../domain/asset.js';
import { parseMoney } from '../../domain/money.js';
import { problem, refusal } from '../problem.js';

/** @throws ProblemError naming `field` */
export function assetIn(text: string, field: string): Asset {
  const asset = parseAsset(text);
  if (asset === undefined) throw problem('asset_unknown', { field, detail: `"${text}" is not known.` });
  return asset;
}

/** A decimal string of any length, to tell too many digits from what is no decimal string. */
const DIGITS = /^-?(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;

/** Minor units of a decimal string. @throws ProblemError naming `field` */
export function amountIn(text: string, asset: Asset, field: string): bigint {
  const scale = scaleOf(asset);
  const [, , fraction = ''] = DIGITS.exec(text) ?? [];
  if (fraction.length > scale) {
    const decimals = scale === 1 ? '1 decimal' : `${scale} decimals`;
    throw problem('amount_too_precise', { field, detail: `${displayAsset(asset)} has ${decimals}.` });
  }
  const units = parseMoney(text, scale);
  if (typeof units === 'bigint') return units;
  throw problem(DIGITS.test(text) ? 'amount_too_large' : 'amount_malformed', { field });
}

/** What is to be moved is above zero. @throws ProblemError naming `field` */
export function positiveIn(text: string, asset: Asset, field: string): bigint {
  const units = amountIn(text, asset, field);
  if (units <= 0n) throw refusal({ code: 'amount_not_positive' }, { field });
  return units;
}
