import type { Claim } from '../domain/claim.js';
import type { LocalLeg, TransferDetails } from '../domain/transfer.js';

export const legData = ({ debit, credit, amount, asset, inTransit }: LocalLeg) => ({
  debit,
  credit,
  amount: amount.toString(),
  asset,
  in_transit: inTransit,
});

export function claimData(claim: Claim | undefined) {
  if (claim === undefined) return undefined;
  const { id, namespace, key, subject, form, request, fields } = claim;
  return { id, namespace, key, subject, form, request, fields };
}

export function detailsData(details: TransferDetails | undefined) {
  if (details === undefined) return {};
  const { reference, metadata, effectiveAt: effective_at, fx, occurrence } = details;
  return { reference, metadata, effective_at, fx, occurrence };
}
