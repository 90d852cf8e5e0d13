import type { Entry } from '../domain/account.js';
import type {
  LedgerEvent,
  TransferCanceled,
  TransferConfirmed,
  TransferRejected,
  TransferTried,
} from '../domain/event.js';
import type { AccountId, TenantId, TransferId } from '../domain/ids.js';
import { inTransitAccountId, occurrenceIdOf } from '../domain/ids.js';
import { isUsedUp, moveParts, untouched } from '../domain/parts.js';
import type {
  ReviewApproved,
  ReviewDeclined,
  ReviewExpired,
  TransferInReview,
} from '../domain/review-event.js';
import type { ScheduleCreated } from '../domain/schedule-event.js';
import {
  type HoldPart,
  isHoldStep,
  type LocalLeg,
  type Part,
  type TransferDetails,
} from '../domain/transfer.js';
import type { DecodedEvent } from '../journal/decode.js';
import { JournalFaultError } from '../journal/journal-cursor.js';
import {
  type Changes,
  type Known,
  noChanges,
  type OpenPart,
  type TransferFacts,
  type TransferProgress,
} from './changes.js';
import { instantOf } from './instant.js';
import type { TransferKind } from './views.js';

/**
 * What a batch of one shard's events changes. Every row is written by one shard's events alone: a transfer's by its
 * coordinator's, an account's and its entries' by the account's. So it does not matter how the shards' journals come in
 * relative to each other.
 */
export function foldBatch(shard: number, events: readonly DecodedEvent[], known: Known): Changes {
  const fold = new Fold(shard, known);
  for (const { event, envelope } of events) fold.take(event, envelope.id, envelope.time);
  return fold.changes;
}

class Fold {
  readonly changes = noChanges();
  private id = '';
  private time = '';

  constructor(
    private readonly shard: number,
    private readonly known: Known,
  ) {}

  take(event: LedgerEvent, id: string, time: string): void {
    this.id = id;
    this.time = time;
    switch (event.type) {
      case 'account.opened':
        if (event.kind === 'account') this.changes.opened.push(event);
        return;
      case 'account.changed': {
        const { tenant, account, change } = event;
        if (change.status !== undefined)
          this.changes.statuses.set(account, { tenant, status: change.status });
        return;
      }
      case 'transfer.posted': {
        const { reverses: parent } = event;
        this.posted(event, parent === undefined ? { kind: 'transfer' } : { kind: 'reversal', parent });
        return;
      }
      case 'transfer.captured':
        this.posted(event, { kind: 'capture', parent: event.hold });
        this.captured(event.hold, event.parts, event.final);
        return;
      case 'transfer.held': {
        const hold = untouched(event.legs);
        this.create(event, { kind: 'hold' }, event.plan?.legs ?? event.legs, {
          status: 'held',
          hold,
          ...this.said(event.details),
        });
        this.move(event.tenant, event.entries, this.time, this.inTransit(event.tenant, event.legs));
        return;
      }
      case 'hold.voided':
        this.closeHold(event.hold, 'canceled');
        this.move(event.tenant, event.entries, this.time);
        return;
      case 'hold.expired':
        this.closeHold(event.transfer, 'expired');
        this.move(event.tenant, event.entries, this.time);
        return;
      case 'transfer.tried':
        this.tried(event);
        return;
      case 'transfer.pivoted': {
        const { tenant, entries, legs, details } = event;
        const { effectiveAt = this.time } = this.said(details);
        this.move(tenant, entries, effectiveAt, this.inTransit(tenant, legs));
        return;
      }
      case 'transfer.review':
        this.inReview(event);
        return;
      case 'review.approved':
        this.approved(event);
        return;
      case 'review.declined':
      case 'review.expired':
        this.notApproved(event);
        return;
      case 'transfer.rejected':
        this.rejected(event);
        return;
      case 'transfer.confirmed': {
        const { tenant, transfer, entries } = event;
        const { coordinates, effectiveAt = this.time, inTransit } = this.endPart(transfer);
        if (coordinates) this.confirmed(transfer, effectiveAt);
        this.followedUp(event);
        this.move(tenant, entries, effectiveAt, inTransit);
        return;
      }
      case 'transfer.canceled': {
        // A cancel that came before any try: there is no transfer, and there never will be.
        if (event.tombstone) return;
        const { tenant, transfer, entries, reason } = event;
        const { coordinates, inTransit } = this.endPart(transfer);
        const status = reason.rejection === undefined ? 'canceled' : 'rejected';
        if (coordinates)
          this.progress(transfer, { status, endedAt: this.time, ...this.nothingHeld(transfer) });
        this.followedUp(event);
        this.move(tenant, entries, this.time, inTransit);
        return;
      }
      case 'shard.opened':
      case 'writer_version.raised':
      case 'signing_key.added':
      case 'checkpoint.signed':
      case 'tenant.created':
      case 'key.claimed':
      case 'account.change_rejected':
      // What recurs is in the ledger's own list of schedules; its transfers are found here once they have begun.
      case 'schedule.fired':
      case 'schedule.skipped':
        return;
      case 'schedule.created':
        if (event.rule === undefined) this.scheduled(event);
        return;
      case 'schedule.canceled':
        if (event.calledOff !== undefined)
          this.progress(event.calledOff, { status: 'canceled', endedAt: this.time });
        return;
    }
  }

  private posted(event: MovingEvent, kind: KindOf): void {
    const { effectiveAt = this.time } = this.said(event.details);
    this.create(event, kind, event.legs, { status: 'posted', endedAt: this.time, effectiveAt });
    this.move(event.tenant, event.entries, effectiveAt);
  }

  private inReview(event: TransferInReview): void {
    const { tenant, transfer, step, plan, legs, entries, details } = event;
    const said = this.said(details);
    const inTransit = [...this.inTransit(tenant, legs)];
    if (step === 'try') this.changes.begun.set(transfer, { tenant, coordinates: true, inTransit, ...said });
    const isHold = isHoldStep(step, plan);
    const whole = plan?.legs ?? legs;
    const aside = isHold ? { hold: untouched(whole) } : {};
    this.create(event, { kind: isHold ? 'hold' : 'transfer' }, whole, {
      status: 'review',
      ...aside,
      ...said,
    });
    this.move(tenant, entries, this.time, inTransit);
  }

  /** From here on it is what it would have been without a review. */
  private approved({ tenant, review: id, intent, entries }: ReviewApproved): void {
    const { hold, effectiveAt = this.time } = this.stateOf(id);
    if (intent !== undefined) this.progress(id, { status: 'processing' });
    else if (hold !== undefined) this.progress(id, { status: 'held' });
    else this.progress(id, { status: 'posted', endedAt: this.time, effectiveAt });
    this.move(tenant, entries, effectiveAt);
  }

  private notApproved(event: ReviewDeclined | ReviewExpired): void {
    const { tenant, entries } = event;
    const id = event.type === 'review.declined' ? event.review : event.transfer;
    // Across shards its part is over before any other shard has heard of it.
    const part = this.changes.begun.get(id) ?? this.known.parts.get(id);
    if (part !== undefined) this.endPart(id);
    this.progress(id, { status: 'rejected', endedAt: this.time, ...this.nothingHeld(id) });
    this.move(tenant, entries, this.time, part?.inTransit);
  }

  /** Of a hold that was never one. */
  private nothingHeld(id: TransferId): Pick<TransferProgress, 'hold'> {
    const { hold } = this.stateOf(id);
    return hold === undefined
      ? {}
      : { hold: hold.map(() => ({ remaining: 0n, capturing: 0n, captured: 0n })) };
  }

  /** By its coordinator. */
  private confirmed(id: TransferId, effectiveAt: string): void {
    const { hold } = this.stateOf(id);
    if (hold !== undefined) this.progress(id, { status: 'held' });
    else this.progress(id, { status: 'posted', endedAt: this.time, effectiveAt });
  }

  private tried({ tenant, transfer, intent, follows, details, legs, entries }: TransferTried): void {
    const said = this.said(details);
    const inTransit = [...this.inTransit(tenant, legs)];
    const isRelease = follows?.kind === 'release';
    const coordinates = intent !== undefined && !isRelease;
    this.changes.begun.set(transfer, { tenant, coordinates, inTransit, ...said });
    if (isRelease) {
      const { releases = 0 } = this.stateOf(follows.of);
      this.progress(follows.of, { releases: releases + 1 });
    } else if (intent !== undefined) {
      const { legs: planned, holds } = intent.plan;
      const aside = holds === true ? { hold: untouched(planned) } : {};
      const begun = { status: 'processing', ...aside, ...said } as const;
      const kind: KindOf =
        follows === undefined
          ? { kind: holds === true ? 'hold' : 'transfer' }
          : { kind: follows.kind, parent: follows.of };
      this.create({ tenant, transfer, ...asDetails(details) }, kind, planned, begun);
    }
    if (follows?.kind === 'capture') {
      const { of, parts } = follows;
      this.progress(of, { hold: moveParts(this.holdOf(of), parts, 'remaining', 'capturing') });
    }
    this.move(tenant, entries, this.time, inTransit);
  }

  private rejected(event: TransferRejected): void {
    const { step, of: parent, coordinator = this.shard, intent, plan = intent?.plan, legs } = event;
    // A refused void or decision is no transfer; what a participant refuses, the coordinator's cancel tells.
    if (step === 'void' || step === 'approve' || step === 'decline' || coordinator !== this.shard) return;
    const kind: TransferKind =
      step === 'capture' || step === 'hold'
        ? step
        : parent !== undefined
          ? 'reversal'
          : plan?.holds === true
            ? 'hold'
            : 'transfer';
    const state = { status: 'rejected', endedAt: this.time, ...this.said(event.details) } as const;
    this.create(event, parent === undefined ? { kind } : { kind, parent }, plan?.legs ?? legs, state);
  }

  /** A transfer asked for in advance. */
  private scheduled({ tenant, schedule, terms }: ScheduleCreated): void {
    const { legs, details, hold } = terms;
    const transfer = occurrenceIdOf(tenant, schedule, 1);
    const kind = hold === undefined ? 'transfer' : 'hold';
    const asked = { tenant, transfer, ...asDetails(details) };
    this.create(asked, { kind }, legs, { status: 'scheduled', ...this.said(details) });
  }

  private captured(id: TransferId, parts: readonly Part[], final: boolean): void {
    const hold = moveParts(this.holdOf(id), parts, 'remaining', 'captured');
    if (final || isUsedUp(hold)) this.closeHold(id, 'canceled', hold);
    else this.progress(id, { hold });
  }

  /** The end of a capture or a release across shards: what it does to its hold. */
  private followedUp({ type, follows }: TransferConfirmed | TransferCanceled): void {
    if (follows?.kind === 'release') {
      const { releases = 1, closedAs } = this.stateOf(follows.of);
      this.progress(follows.of, { releases: releases - 1 });
      if (closedAs !== undefined) this.closeHold(follows.of, closedAs);
    }
    if (follows?.kind !== 'capture') return;
    const { of, parts, final } = follows;
    const { closedAs } = this.stateOf(of);
    const confirmed = type === 'transfer.confirmed';
    const to = confirmed ? 'captured' : closedAs === undefined ? 'remaining' : undefined;
    const hold = moveParts(this.holdOf(of), parts, 'capturing', to);
    const over = closedAs !== undefined || (confirmed && (final || isUsedUp(hold)));
    if (over) this.closeHold(of, closedAs ?? 'canceled', hold);
    else this.progress(of, { hold });
  }

  /**
   * A hold of which something was captured is posted, however it ended; until that is known, and all the rest is free, it
   * is processing.
   */
  private closeHold(id: TransferId, closedAs: 'canceled' | 'expired', parts = this.holdOf(id)): void {
    const hold = parts.map((part) => ({ ...part, remaining: 0n }));
    const { releases = 0 } = this.stateOf(id);
    const open = releases > 0 || hold.some(({ capturing }) => capturing > 0n);
    const settled = hold.some(({ captured }) => captured > 0n) ? 'posted' : closedAs;
    if (open) this.progress(id, { status: 'processing', hold, closedAs });
    else this.progress(id, { status: settled, hold, closedAs, endedAt: this.time });
  }

  private create(
    { tenant, transfer, details }: MovingHead,
    kind: KindOf,
    legs: TransferFacts['legs'],
    state: Omit<TransferProgress, 'tenant'>,
  ): void {
    const before = this.changes.progress.get(transfer) ?? this.known.transfers.get(transfer);
    if (before?.status === 'scheduled') {
      // It was asked for in advance: what it is is known, but how much it moves is so only now.
      this.changes.progress.set(transfer, { tenant, ...state, legs });
      return;
    }
    const { reference, metadata } = details ?? {};
    const facts = {
      tenant,
      ...kind,
      createdAt: this.time,
      legs,
      ...(reference === undefined ? {} : { reference }),
      ...(metadata === undefined ? {} : { metadata }),
    };
    this.changes.created.set(transfer, facts);
    this.changes.progress.set(transfer, { tenant, ...state });
  }

  private progress(id: TransferId, change: Partial<TransferProgress>): void {
    this.changes.progress.set(id, { ...this.stateOf(id), ...change });
  }

  private stateOf(id: TransferId): TransferProgress {
    return this.changes.progress.get(id) ?? this.known.transfers.get(id) ?? this.fail(`knows no ${id}`);
  }

  private holdOf(id: TransferId): readonly HoldPart[] {
    return this.stateOf(id).hold ?? this.fail(`takes ${id} for a hold`);
  }

  private endPart(id: TransferId): OpenPart {
    const { begun, over } = this.changes;
    const part = begun.get(id) ?? this.known.parts.get(id) ?? this.fail(`ends ${id}, which was not tried`);
    if (!begun.delete(id)) over.add(id);
    return part;
  }

  private move(
    tenant: TenantId,
    entries: readonly Entry[],
    effectiveAt: string,
    inTransit: Iterable<AccountId> = [],
  ): void {
    const nobodys = new Set(inTransit);
    for (const entry of entries) {
      const { account, version, before, after } = entry;
      if (nobodys.has(account)) continue;
      this.changes.counters.set(account, { tenant, last: entry });
      const debits = after.debitsPosted - before.debitsPosted;
      const credits = after.creditsPosted - before.creditsPosted;
      if (debits !== 0n || credits !== 0n)
        this.changes.entries.push({ tenant, account, version, effectiveAt, debits, credits });
    }
  }

  private *inTransit(tenant: TenantId, legs: readonly LocalLeg[]): Generator<AccountId> {
    for (const { inTransit, asset } of legs)
      if (inTransit !== undefined) yield inTransitAccountId(tenant, this.shard, inTransit.peer, asset);
  }

  /** When the caller said it counts. */
  private said(details: TransferDetails | undefined): { effectiveAt?: string } {
    if (details?.effectiveAt === undefined) return {};
    const effectiveAt = instantOf(details.effectiveAt);
    return { effectiveAt: effectiveAt ?? this.fail(`has ${details.effectiveAt} for a time`) };
  }

  private fail(what: string): never {
    throw new JournalFaultError(`event ${this.id} ${what}`);
  }
}

interface MovingHead {
  readonly tenant: TenantId;
  readonly transfer: TransferId;
  readonly details?: TransferDetails;
}
interface MovingEvent extends MovingHead {
  readonly legs: readonly LocalLeg[];
  readonly entries: readonly Entry[];
}
type KindOf = Pick<TransferFacts, 'kind' | 'parent'>;

const asDetails = (details: TransferDetails | undefined) => (details === undefined ? {} : { details });
