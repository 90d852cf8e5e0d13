import { isRate } from '../../domain/fx.js';
import type { AccountId } from '../../domain/ids.js';
import type { FxRate, Leg, Rounding, TransferDetails } from '../../domain/transfer.js';
import type {
  NewScheduledTransfer,
  NewTransfer,
  NewTransferBatch,
  TransferTerms,
  TransferTrial,
} from '../../intake/requests.js';
import type { Caller } from '../ports.js';
import { problem, refusal } from '../problem.js';
import { assetIn, positiveIn } from './amounts.js';
import { type DetailsBody, detailsIn } from './details.js';
import { instantIn } from './times.js';

/** Bodies as the schemas let them through. */
interface LegBody {
  readonly debit: string;
  readonly credit: string;
  readonly amount: string;
  readonly asset: string;
}
interface FxBody {
  readonly sell_leg: number;
  readonly buy_leg: number;
  readonly rate: string;
  readonly rounding: Rounding;
}
interface TermsBody extends DetailsBody {
  readonly up_to?: boolean;
  readonly hold?: boolean;
  readonly review?: boolean;
  readonly expires_at?: string;
  readonly fx?: readonly FxBody[];
}
export type ItemBody = TermsBody & (LegBody | { readonly legs: readonly LegBody[] });
export type TransferBody = ItemBody & { readonly dry_run?: boolean; readonly scheduled_at?: string };
export interface TransferBatchBody {
  readonly transfers: readonly ItemBody[];
  readonly linked?: boolean;
}

export const transferRequest = ({ tenant }: Caller, key: string, body: TransferBody): NewTransfer => ({
  tenant,
  key,
  ...termsIn(body, ''),
});

/** Of one that is asked for in advance. */
export function scheduledRequest(
  { tenant }: Caller,
  key: string,
  { scheduled_at: at, ...body }: TransferBody & { readonly scheduled_at: string },
): NewScheduledTransfer {
  const terms = termsIn(body, '');
  const request = { tenant, key, terms, at: instantIn(at, 'scheduled_at') };
  const { expiresAt } = terms.hold ?? {};
  if (expiresAt !== undefined && expiresAt <= request.at)
    throw wrong('expires_at', 'A hold expires after it begins, which is at "scheduled_at".');
  return request;
}

/** Of what would be: a trial takes no key. */
export function trialRequest({ tenant }: Caller, body: TransferBody): TransferTrial {
  if (body.scheduled_at !== undefined)
    throw wrong('scheduled_at', 'A dry run says what would become of a transfer now.');
  return { tenant, ...termsIn(body, '') };
}

export const transferBatchRequest = (
  { tenant }: Caller,
  key: string,
  { transfers, linked }: TransferBatchBody,
): NewTransferBatch => ({
  tenant,
  key,
  items: transfers.map((body, index) => termsIn(body, `transfers/${index}/`)),
  linked: linked ?? false,
});

/** `path`: where in the whole body this transfer is. An option that is false is the same as one left out. */
export function termsIn(body: ItemBody, path: string): TransferTerms {
  const legs =
    'legs' in body ? body.legs.map((leg, index) => legIn(leg, `${path}legs/${index}/`)) : [legIn(body, path)];
  const details: TransferDetails = {
    ...detailsIn(body, path),
    ...(body.fx === undefined ? {} : { fx: body.fx.map((rate, i) => rateIn(rate, legs, `${path}fx/${i}/`)) }),
  };
  const { hold = false, review = false, up_to: upTo = false, expires_at: expiresAt } = body;
  if (upTo && legs.length !== 1) throw refusal({ code: 'up_to_one_leg' }, { field: `${path}up_to` });
  if (upTo && hold) throw wrong(`${path}up_to`, 'A hold is of a fixed amount.');
  if (!hold && expiresAt !== undefined) throw wrong(`${path}expires_at`, 'Only a hold expires.');
  const expires = expiresAt === undefined ? {} : { expiresAt: instantIn(expiresAt, `${path}expires_at`) };
  return {
    legs,
    ...(Object.keys(details).length === 0 ? {} : { details }),
    ...(upTo ? { upTo } : {}),
    ...(hold ? { hold: expires } : {}),
    ...(review ? { review } : {}),
  };
}

function legIn({ debit, credit, amount, asset: text }: LegBody, path: string): Leg {
  const asset = assetIn(text, `${path}asset`);
  const leg = {
    debit: debit as AccountId,
    credit: credit as AccountId,
    amount: positiveIn(amount, asset, `${path}amount`),
    asset,
  };
  if (debit === credit)
    throw refusal({ code: 'same_account', account: leg.debit }, { field: `${path}credit` });
  return leg;
}

function rateIn(body: FxBody, legs: readonly Leg[], path: string): FxRate {
  const { sell_leg: sell, buy_leg: buy, rate, rounding } = body;
  for (const field of ['sell_leg', 'buy_leg'] as const) {
    if (legs[body[field]] === undefined) throw wrong(`${path}${field}`, 'The transfer has no such leg.');
  }
  if (!isRate(rate)) throw problem('rate_malformed', { field: `${path}rate` });
  return { sell, buy, rate, rounding };
}

const wrong = (field: string, detail: string) => problem('invalid_request', { field, detail });
