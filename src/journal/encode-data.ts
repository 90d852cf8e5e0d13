import type { AccountChange } from '../domain/account.js';
import type {
  LedgerEvent,
  TransferCaptured,
  TransferHeld,
  TransferPivoted,
  TransferPosted,
  TransferTried,
} from '../domain/event.js';
import type { FollowUp, Part } from '../domain/transfer.js';
import { claimData, detailsData, entryData, intentData, legData, moved, planData } from './encode-parts.js';
import { reviewData } from './review-data.js';
import { scheduleData } from './schedule-data.js';

/** An event's `data` as docs/journal-format.md has it; what is undefined is left out of the text. */
export function dataOf(event: LedgerEvent): Record<string, unknown> {
  switch (event.type) {
    case 'shard.opened':
      return { cluster: event.cluster, buckets: event.buckets };
    case 'writer_version.raised':
      return { version: event.version };
    case 'signing_key.added':
      return { signing_key: event.signingKey, signature: event.signature, voucher: event.voucher };
    case 'checkpoint.signed':
      return { checkpoint: event.checkpoint, signature: event.signature };
    case 'tenant.created':
      return { placement: event.placement };
    case 'account.opened': {
      const { account, kind, asset, limits, metadata, reference, peer, claim, referenceClaim } = event;
      const min_balance = limits.minBalance?.toString() ?? null;
      const max_balance = limits.maxBalance?.toString() ?? null;
      const reference_claim = claimData(referenceClaim);
      const limitsData = { min_balance, max_balance };
      return {
        account,
        kind,
        asset,
        ...limitsData,
        metadata,
        peer,
        reference,
        reference_claim,
        claim: claimData(claim),
      };
    }
    case 'account.changed':
    case 'account.change_rejected': {
      const { transfer, account, change, claim } = event;
      const rejection = event.type === 'account.changed' ? undefined : event.rejection;
      return { transfer, account, change: changeData(change), rejection, claim: claimData(claim) };
    }
    case 'key.claimed':
      return { claim: claimData(event.claim) };
    case 'transfer.posted':
    case 'transfer.held':
    case 'transfer.captured':
    case 'transfer.tried':
    case 'transfer.pivoted': {
      const claim = event.type === 'transfer.pivoted' ? undefined : claimData(event.claim);
      return { ...headOf(event), ...moved(event), claim };
    }
    case 'hold.voided':
    case 'hold.expired': {
      const { transfer } = event;
      const released = event.released.map(partData);
      const entries = event.entries.map(entryData);
      if (event.type === 'hold.expired') return { transfer, released, entries };
      return { transfer, hold: event.hold, released, entries, claim: claimData(event.claim) };
    }
    case 'transfer.rejected': {
      const { transfer, step, coordinator, of, rejection } = event;
      const legs = event.legs.map(legData);
      return {
        transfer,
        step,
        coordinator,
        of,
        ...intentData(event.intent),
        plan: planData(event.plan),
        ...detailsData(event.details),
        legs,
        rejection,
        claim: claimData(event.claim),
      };
    }
    case 'transfer.confirmed':
      return { transfer: event.transfer, ...endData(event), entries: event.entries.map(entryData) };
    case 'transfer.canceled': {
      const { transfer, coordinator, reason, tombstone } = event;
      const entries = event.entries.map(entryData);
      return { transfer, coordinator, ...endData(event), reason, tombstone, entries };
    }
    case 'transfer.review':
    case 'review.approved':
    case 'review.declined':
    case 'review.expired':
      return reviewData(event);
    default:
      return scheduleData(event);
  }
}

/** What moves money by legs: its data end with the legs, the entries and the claim. */
export type Moving = TransferPosted | TransferHeld | TransferCaptured | TransferTried | TransferPivoted;

/** The data of such an event before its legs. */
export function headOf(event: Moving): Record<string, unknown> {
  const { transfer, details } = event;
  switch (event.type) {
    case 'transfer.posted': {
      const parts = event.parts?.map(partData);
      const up_to = event.upTo?.toString();
      return { transfer, ...detailsData(details), up_to, reverses: event.reverses, parts };
    }
    case 'transfer.held': {
      const plan = planData(event.plan);
      return { transfer, expires_at: event.expiresAt, plan, ...detailsData(details) };
    }
    case 'transfer.captured': {
      const { hold, final } = event;
      const [parts, released] = [event.parts.map(partData), event.released.map(partData)];
      return { transfer, hold, final, ...detailsData(details), parts, released };
    }
    case 'transfer.tried': {
      const { coordinator, intent, follows, expiresAt: expires_at, upTo } = event;
      const purpose = follows === undefined ? purposeData(event) : followsData(follows);
      const begins = { transfer, coordinator, ...intentData(intent), ...purpose, expires_at };
      return { ...begins, ...detailsData(details), up_to: upTo?.toString() };
    }
    case 'transfer.pivoted': {
      const { coordinator } = event;
      return {
        transfer,
        coordinator,
        ...purposeData(event),
        releases: event.releases,
        ...detailsData(details),
      };
    }
  }
}

/** What a participant's step is, where it does not move both sides of its legs. */
const purposeData = ({ holds, captures: hold }: TransferTried | TransferPivoted) => ({ holds, hold });

/** Of the event that holds the intent, and of the one that ends it: to what, and how much of it. */
function followsData(follows: FollowUp) {
  const parts = follows.parts.map(partData);
  if (follows.kind === 'reversal') return { reverses: follows.of, parts };
  if (follows.kind === 'release') return { releases: follows.of, parts };
  return { hold: follows.of, final: follows.final, parts };
}

const endData = ({
  follows,
  released,
}: {
  readonly follows?: FollowUp;
  readonly released?: readonly Part[];
}) => ({
  ...(follows === undefined ? {} : followsData(follows)),
  released: released?.map(partData),
});

const partData = ({ leg, amount }: Part) => ({ leg, amount: amount.toString() });

const changeData = ({ status, reviewDebits, minBalance, maxBalance, metadata }: AccountChange) => ({
  status,
  review_debits: reviewDebits,
  min_balance: minBalance === null ? null : minBalance?.toString(),
  max_balance: maxBalance === null ? null : maxBalance?.toString(),
  metadata,
});
