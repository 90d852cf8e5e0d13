import type { AccountStatus, Limits } from '../../domain/account.js';
import type { Asset } from '../../domain/asset.js';
import { type AccountId, isAccountId } from '../../domain/ids.js';
import type { AccountTerms, NewAccount, NewAccountBatch, NewAccountChange } from '../../intake/requests.js';
import type { Caller } from '../ports.js';
import { refusal } from '../problem.js';
import { amountIn, assetIn } from './amounts.js';
import { type Metadata, metadataIn, referenceIn, textIn } from './texts.js';

/** Bodies as the schemas let them through. */
interface LimitsBody {
  readonly min_balance?: string | null;
  readonly max_balance?: string | null;
}
export interface AccountBody extends LimitsBody {
  readonly asset: string;
  readonly reference?: string;
  readonly metadata?: Metadata;
  readonly placement_group?: string;
}
export interface AccountBatchBody {
  readonly accounts: readonly AccountBody[];
}
export interface AccountChangeBody extends LimitsBody {
  readonly status?: AccountStatus;
  readonly review_debits?: boolean;
  readonly metadata?: Metadata;
}

export const accountRequest = ({ tenant }: Caller, key: string, body: AccountBody): NewAccount => ({
  tenant,
  key,
  ...termsIn(body, ''),
});

export const accountBatchRequest = (
  { tenant }: Caller,
  key: string,
  { accounts }: AccountBatchBody,
): NewAccountBatch => ({
  tenant,
  key,
  items: accounts.map((body, index) => termsIn(body, `accounts/${index}/`)),
});

/** `asset`: the account's, which says how its limits are read. */
export const changeRequest = (
  { tenant }: Caller,
  key: string,
  account: AccountId,
  asset: Asset,
  { status, review_debits: reviewDebits, metadata, ...limits }: AccountChangeBody,
): NewAccountChange => ({
  tenant,
  key,
  account,
  change: {
    ...(status === undefined ? {} : { status }),
    ...(reviewDebits === undefined ? {} : { reviewDebits }),
    ...limitsIn(limits, asset, ''),
    ...(metadata === undefined ? {} : { metadata: metadataIn(metadata, 'metadata') }),
  },
});

/** An id that can not be one of ours is simply not there. */
export function accountIdIn(text: string): AccountId {
  if (!isAccountId(text)) throw refusal({ code: 'account_not_found' });
  return text;
}

/** `path`: where in the whole body this account is, to name what is wrong with it. */
function termsIn(body: AccountBody, path: string): AccountTerms {
  const { reference, metadata, placement_group: group } = body;
  const asset = assetIn(body.asset, `${path}asset`);
  return {
    asset,
    limits: limitsIn(body, asset, path),
    ...(metadata === undefined ? {} : { metadata: metadataIn(metadata, `${path}metadata`) }),
    ...(reference === undefined ? {} : { reference: referenceIn(reference, `${path}reference`) }),
    ...(group === undefined ? {} : { placementGroup: textIn(group, `${path}placement_group`) }),
  };
}

function limitsIn(body: LimitsBody, asset: Asset, path: string): Partial<Limits> {
  const limit = (field: keyof LimitsBody): bigint | null | undefined => {
    const text = body[field];
    return typeof text === 'string' ? amountIn(text, asset, `${path}${field}`) : text;
  };
  const [minBalance, maxBalance] = [limit('min_balance'), limit('max_balance')];
  if (typeof minBalance === 'bigint' && typeof maxBalance === 'bigint' && minBalance > maxBalance) {
    throw refusal({ code: 'limits_crossed' }, { field: `${path}max_balance` });
  }
  return {
    ...(minBalance === undefined ? {} : { minBalance }),
    ...(maxBalance === undefined ? {} : { maxBalance }),
  };
}
