import { type Asset, scaleOf } from '../../domain/asset.js';
import { formatMoney } from '../../domain/money.js';

/** Minor units of an asset as decimal strings. */
export const formatter = (asset: Asset) => {
  const scale = scaleOf(asset);
  return (units: bigint): string => formatMoney(units, scale);
};
