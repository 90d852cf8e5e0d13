import { isTransferId, type TransferId } from '../../domain/ids.js';
import type { Part } from '../../domain/transfer.js';
import type { NewCapture, NewReversal } from '../../intake/requests.js';
import type { TransferView } from '../../routing/views.js';
import type { Caller } from '../ports.js';
import { problem, refusal } from '../problem.js';
import { positiveIn } from './amounts.js';
import { type DetailsBody, detailsIn } from './details.js';

interface PartBody {
  readonly leg: number;
  readonly amount: string;
}
export interface ReversalBody extends DetailsBody {
  readonly legs?: readonly PartBody[];
}
export interface CaptureBody extends ReversalBody {
  readonly final?: boolean;
}

/** `hold`: what the parts are of, whose assets say how their amounts are read. */
export function captureRequest(
  { tenant }: Caller,
  key: string,
  hold: TransferView,
  { final, ...body }: CaptureBody,
): NewCapture {
  if (body.legs === undefined && final === false) {
    const detail = 'A capture without legs takes all that remains: it is the final one.';
    throw problem('invalid_request', { field: 'final', detail });
  }
  return { tenant, key, hold: hold.id, ...commonIn(body, hold), final: final ?? body.legs === undefined };
}

export const reversalRequest = (
  { tenant }: Caller,
  key: string,
  original: TransferView,
  body: ReversalBody,
): NewReversal => ({ tenant, key, original: original.id, ...commonIn(body, original) });

/** An id that can not be one of ours is simply not there. */
export function transferIdIn(text: string): TransferId {
  if (!isTransferId(text)) throw refusal({ code: 'transfer_not_found' });
  return text;
}

function commonIn(body: ReversalBody, earlier: TransferView) {
  const details = detailsIn(body, '');
  return {
    ...(body.legs === undefined
      ? {}
      : { parts: body.legs.map((part, index) => partIn(part, earlier, index)) }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
  };
}

function partIn({ leg, amount }: PartBody, earlier: TransferView, index: number): Part {
  const asset = earlier.legs[leg]?.asset;
  if (asset === undefined) throw refusal({ code: 'leg_not_found', index }, { field: `legs/${index}/leg` });
  return { leg, amount: positiveIn(amount, asset, `legs/${index}/amount`) };
}
