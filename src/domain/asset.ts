import currencies from 'currency-codes';

declare const brand: unique symbol;
/** Code and scale as one word, `CZK/2`: amounts of one asset are comparable, of two never. */
export type Asset = string & { readonly [brand]: 'Asset' };

const ASSET = /^([A-Z][A-Z0-9_]{0,15})\/([0-9]|1[0-8])$/;
const CODE = /^[A-Z]{3}$/;

/**
 * Reads `CZK` (scale from ISO 4217) or `CODE/SCALE` with scale 0–18.
 * An ISO code with another scale than the standard's is refused, so that no two EUR exist.
 */
export function parseAsset(text: string): Asset | undefined {
  if (CODE.test(text)) {
    const digits = currencies.code(text)?.digits;
    return digits === undefined ? undefined : (`${text}/${digits}` as Asset);
  }
  const match = ASSET.exec(text);
  if (match === null) return undefined;
  const [, code = '', scale = ''] = match;
  const iso = currencies.code(code)?.digits;
  return iso !== undefined && iso !== Number(scale) ? undefined : (text as Asset);
}

export const scaleOf = (asset: Asset): number => Number(asset.slice(asset.indexOf('/') + 1));

/** As people write it: `CZK` for an ISO currency, `POINTS/3` for a custom one. */
export function displayAsset(asset: Asset): string {
  const code = asset.slice(0, asset.indexOf('/'));
  return currencies.code(code) === undefined ? asset : code;
}
