import type { Claim } from '../domain/claim.js';
import type { TenantId, TransferId } from '../domain/ids.js';
import type { ReviewedStep, ReviewReason } from '../domain/review.js';
import type { ReviewEvent } from '../domain/review-event.js';
import { claimOf, detailsOf, intentOf, movedOf, planOf } from './decode-data.js';
import { claimData, detailsData, entryData, intentData, moved, planData } from './encode-parts.js';
import type { Data } from './event-data.js';

/** A review's events as docs/journal-format.md has their `data`, and back. */
export function reviewData(event: ReviewEvent): Record<string, unknown> {
  const { transfer } = event;
  const entries = event.entries.map(entryData);
  switch (event.type) {
    case 'transfer.review': {
      const { step, reason, deadline, escalateAt: escalate_at, plan, expiresAt: expires_at } = event;
      return {
        transfer,
        step,
        reason,
        deadline,
        escalate_at,
        plan: planData(plan),
        expires_at,
        ...detailsData(event.details),
        up_to: event.upTo?.toString(),
        ...moved(event),
        claim: claimData(event.claim),
      };
    }
    case 'review.approved': {
      const { review, note, intent, claim } = event;
      return { transfer, review, note, ...intentData(intent), entries, claim: claimData(claim) };
    }
    case 'review.declined': {
      const { review, note, claim } = event;
      return { transfer, review, note, entries, claim: claimData(claim) };
    }
    case 'review.expired':
      return { transfer, entries };
  }
}

export function reviewEventOf(type: ReviewEvent['type'], tenant: TenantId, data: Data): ReviewEvent {
  const of = { tenant, transfer: data.transfer as TransferId };
  const claim: { claim?: Claim } = data.claim === undefined ? {} : { claim: claimOf(data.claim, tenant) };
  const note = data.note === undefined ? {} : { note: data.note };
  const { entries, legs } = movedOf(data);
  switch (type) {
    case 'transfer.review':
      return {
        type,
        ...of,
        step: data.step as ReviewedStep,
        reason: data.reason as ReviewReason,
        ...(data.deadline === undefined ? {} : { deadline: data.deadline }),
        ...(data.escalate_at === undefined ? {} : { escalateAt: data.escalate_at }),
        ...(data.plan === undefined ? {} : { plan: planOf(data.plan) }),
        ...(data.expires_at === undefined ? {} : { expiresAt: data.expires_at }),
        ...detailsOf(data),
        ...(data.up_to === undefined ? {} : { upTo: BigInt(data.up_to) }),
        legs,
        entries,
        ...claim,
      };
    case 'review.approved':
      return {
        type,
        ...of,
        review: data.review as TransferId,
        ...note,
        ...intentOf(data),
        entries,
        ...claim,
      };
    case 'review.declined':
      return { type, ...of, review: data.review as TransferId, ...note, entries, ...claim };
    case 'review.expired':
      return { type, ...of, entries };
  }
}
