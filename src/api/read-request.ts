import type { Limits } from '../domain/account.js';
import { type Asset, displayAsset, parseAsset, scaleOf } from '../domain/asset.js';
import { type AccountId, isIdempotencyKey } from '../domain/ids.js';
import { parseMoney } from '../domain/money.js';
import type { Leg } from '../domain/transfer.js';
import type { NewAccount, NewTransfer } from '../intake/requests.js';
import type { Caller } from './ports.js';
import { problem } from './problem.js';

/** Bodies as the schemas let them through. */
export interface AccountBody {
  readonly asset: string;
  readonly min_balance?: string | null;
  readonly max_balance?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly placement_group?: string;
}
interface LegBody {
  readonly debit: string;
  readonly credit: string;
  readonly amount: string;
  readonly asset: string;
}
export type TransferBody = LegBody | { readonly legs: readonly LegBody[] };

const MAX_METADATA_BYTES = 16 * 1024;

export function accountRequest({ tenant }: Caller, key: string, body: AccountBody): NewAccount {
  const asset = assetIn(body.asset, 'asset');
  const limit = (field: 'min_balance' | 'max_balance'): bigint | null | undefined => {
    const text = body[field];
    return typeof text === 'string' ? amountIn(text, asset, field) : text;
  };
  const [minBalance, maxBalance] = [limit('min_balance'), limit('max_balance')];
  const limits: Partial<Limits> = {
    ...(minBalance === undefined ? {} : { minBalance }),
    ...(maxBalance === undefined ? {} : { maxBalance }),
  };
  if (typeof minBalance === 'bigint' && typeof maxBalance === 'bigint' && minBalance > maxBalance) {
    throw problem('invalid_request', { field: 'max_balance', detail: 'max_balance is below min_balance.' });
  }
  const metadata = body.metadata === undefined ? {} : { metadata: metadataIn(body.metadata) };
  const group =
    body.placement_group === undefined
      ? {}
      : { placementGroup: textIn(body.placement_group, 'placement_group') };
  return { tenant, key, asset, limits, ...metadata, ...group };
}

export function transferRequest({ tenant }: Caller, key: string, body: TransferBody): NewTransfer {
  const bodies = 'legs' in body ? body.legs : [body];
  const legs = bodies.map((leg, i) => legIn(leg, 'legs' in body ? `legs/${i}/` : ''));
  const assets = new Set(legs.map(({ asset }) => asset));
  if (assets.size > 1) throw problem('assets_mixed', { field: 'legs' });
  return { tenant, key, legs };
}

/** The key of a header, or of nothing where that is allowed. */
export function idempotencyKeyIn(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !isIdempotencyKey(header)) throw problem('idempotency_key_invalid');
  return header;
}

function legIn({ debit, credit, amount, asset: text }: LegBody, path: string): Leg {
  const asset = assetIn(text, `${path}asset`);
  return {
    debit: debit as AccountId,
    credit: credit as AccountId,
    amount: amountIn(amount, asset, `${path}amount`),
    asset,
  };
}

function assetIn(text: string, field: string): Asset {
  const asset = parseAsset(text);
  if (asset === undefined) throw problem('asset_unknown', { field, detail: `"${text}" is not known.` });
  return asset;
}

function amountIn(text: string, asset: Asset, field: string): bigint {
  const scale = scaleOf(asset);
  const units = parseMoney(text, scale);
  if (typeof units === 'bigint') return units;
  if (units === 'too_large') throw problem('amount_too_large', { field });
  if (units === 'malformed') throw problem('amount_malformed', { field });
  const decimals = scale === 1 ? '1 decimal' : `${scale} decimals`;
  throw problem('amount_too_precise', { field, detail: `${displayAsset(asset)} has ${decimals}.` });
}

function metadataIn(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(metadata)) textIn(name + value, `metadata/${name}`);
  if (Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES) {
    throw problem('invalid_request', { field: 'metadata', detail: 'metadata is larger than 16 KiB.' });
  }
  return metadata;
}

/** What Postgres and other readers can not hold is refused at the door. */
function textIn(text: string, field: string): string {
  if (text.includes('\u0000') || !text.isWellFormed()) {
    throw problem('invalid_request', {
      field,
      detail: 'Text may hold neither U+0000 nor half a surrogate pair.',
    });
  }
  return text;
}
