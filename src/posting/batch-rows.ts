import type { AccountChange, Entry } from '../domain/account.js';
import type { AccountOpened, LedgerEvent } from '../domain/event.js';
import { bucketOf, type ClaimId, type TransferId } from '../domain/ids.js';
import { unitsText } from '../domain/money.js';
import type { ReviewApproved, TransferInReview } from '../domain/review-event.js';
import type { TransferState } from '../domain/transfer.js';
import { arrayLiteral, stepCode, uuidArray, uuidOf } from '../storage/wire.js';
import { ScheduleRows } from './schedule-rows.js';
import { stepsOf } from './steps-of.js';

/** What the rows of an event need to know of the transfer it is about, as it is after the event. */
export type TransferOf = (id: TransferId) => TransferState | undefined;

/** Collects the rows that a batch's events make, column by column, for one set-based append. */
export class BatchRows {
  private readonly bodies: string[] = [];
  private readonly tenants: string[] = [];
  private readonly entries: [Cell[], Cell[], Cell[], Cell[], Cell[], Cell[], Cell[], Cell[], Cell[]] = [
    [],
    [],
    [],
    [],
    [],
    [],
    [],
    [],
    [],
  ];
  private readonly steps = columns(4);
  private readonly links = columns(3);
  private readonly intents = columns(5);
  private readonly endedIntents: string[] = [];
  private readonly holds = columns(3);
  private readonly endedHolds: string[] = [];
  private readonly changed = new Map<string, Row>();
  private readonly schedules = new ScheduleRows();
  /** Rows that most batches have none of, by what saldo_append calls them. */
  private readonly rareRows = new Map<string, Row[]>();

  add(event: LedgerEvent, seq: number, body: string, shard: number, transferOf: TransferOf): void {
    const tenant = 'tenant' in event ? event.tenant : 'NULL';
    this.bodies.push(body);
    this.tenants.push(tenant);
    if ('entries' in event) this.addEntries(event.entries, tenant, seq);
    const { rows, parent } = stepsOf(event);
    for (const [id, step] of rows) push(this.steps, [uuidOf(id), stepCode(step), tenant, seq]);
    if (parent !== undefined) push(this.links, [uuidOf(parent), seq, tenant]);
    switch (event.type) {
      case 'shard.opened':
        this.addRare('identity', { shard, cluster: event.cluster, buckets: JSON.stringify(event.buckets) });
        return;
      case 'tenant.created':
        this.addRare('tenants', { id: event.tenant, placement: event.placement, seq });
        return;
      case 'signing_key.added':
        this.addRare('signing_keys', { seq, id: event.signingKey.id });
        return;
      case 'checkpoint.signed': {
        const { number, first, last, root } = event.checkpoint;
        this.addRare('checkpoints', { seq, number, first, last, root });
        return;
      }
      case 'account.opened':
        this.addAccount(event, seq);
        return;
      case 'account.changed':
        this.changed.set(event.account, { ...this.changed.get(event.account), ...changeRow(event) });
        return;
      case 'transfer.tried':
        if (event.intent !== undefined) this.addIntent(event, event.intent, seq);
        return;
      case 'transfer.confirmed':
      case 'transfer.canceled': {
        const state = transferOf(event.transfer);
        if (state?.coordinates === true) this.endedIntents.push(uuidOf(event.transfer));
        if (state?.heldBy === seq) this.addHold(event.transfer, tenant, state.expiresAt);
        if (event.follows?.kind === 'capture') this.endHold(event.follows.of, seq, transferOf);
        return;
      }
      case 'transfer.held':
        this.addHold(event.transfer, tenant, event.expiresAt);
        return;
      case 'transfer.captured':
      case 'hold.voided':
        this.endHold(event.hold, seq, transferOf);
        return;
      case 'hold.expired':
        this.endHold(event.transfer, seq, transferOf);
        return;
      case 'transfer.review':
        this.addReview(event, seq);
        return;
      case 'review.approved':
        this.addRare('decided', { transfer: uuidOf(event.review) });
        this.addApproved(event, seq, transferOf);
        return;
      case 'review.declined':
        this.addRare('decided', { transfer: uuidOf(event.review) });
        return;
      case 'review.expired':
        this.addRare('decided', { transfer: uuidOf(event.transfer) });
        return;
      case 'schedule.created':
      case 'schedule.fired':
      case 'schedule.skipped':
      case 'schedule.canceled':
        this.schedules.add(event, seq);
    }
  }

  get size(): number {
    return this.bodies.length;
  }

  /** In the order of saldo_append's parameters. `fresh`: what must not be there yet. */
  columns(fresh: Iterable<ClaimId | TransferId>): (string | null)[] {
    return [
      this.bodies.join('\n'),
      arrayLiteral(this.tenants),
      ...this.entries.map(arrayLiteral),
      ...this.steps.map(arrayLiteral),
      ...this.links.map(arrayLiteral),
      ...this.intents.map(arrayLiteral),
      arrayLiteral(this.endedIntents),
      ...this.holds.map(arrayLiteral),
      arrayLiteral(this.endedHolds),
      this.rare(),
      uuidArray(fresh),
    ];
  }

  private addRare(name: string, row: Row): void {
    const rows = this.rareRows.get(name);
    if (rows === undefined) this.rareRows.set(name, [row]);
    else rows.push(row);
  }

  private rare(): string | null {
    const all = new Map<string, readonly Row[]>(this.rareRows);
    if (this.changed.size > 0) all.set('changed', [...this.changed.values()]);
    this.schedules.addTo(all);
    return all.size === 0 ? null : JSON.stringify(Object.fromEntries(all));
  }

  private addEntries(entries: readonly Entry[], tenant: string, seq: number): void {
    const [accounts, versions, seqs, ordinals, tenants, debits, credits, debitsAside, creditsAside] =
      this.entries;
    let ordinal = 0;
    for (const { account, version, after } of entries) {
      accounts.push(uuidOf(account));
      versions.push(version);
      seqs.push(seq);
      ordinals.push(ordinal);
      tenants.push(tenant);
      debits.push(unitsText(after.debitsPosted));
      credits.push(unitsText(after.creditsPosted));
      debitsAside.push(unitsText(after.debitsPending));
      creditsAside.push(unitsText(after.creditsPending));
      ordinal += 1;
    }
  }

  private addAccount(event: AccountOpened, seq: number): void {
    const { account, tenant, kind, asset, limits, metadata, reference = null, peer = null } = event;
    this.addRare('accounts', {
      id: uuidOf(account),
      tenant,
      bucket: kind === 'in_transit' ? null : bucketOf(account),
      kind,
      asset,
      min_balance: limits.minBalance?.toString() ?? null,
      max_balance: limits.maxBalance?.toString() ?? null,
      metadata: JSON.stringify(metadata),
      reference,
      peer,
      seq,
    });
  }

  /** Where it was this event that ended it: captures that were under way then may end later. */
  private endHold(hold: TransferId, seq: number, transferOf: TransferOf): void {
    const state = transferOf(hold);
    if (state?.last?.seq === seq && state.expiresAt !== undefined) this.endedHolds.push(uuidOf(hold));
  }

  private addReview({ transfer, tenant, deadline, escalateAt }: TransferInReview, seq: number): void {
    const row = { seq, transfer: uuidOf(transfer), tenant };
    this.addRare('reviews', { ...row, deadline: deadline ?? null, escalates: escalateAt ?? null });
  }

  /** From here on what it would have been without a review: a saga to be carried on, a hold that will expire. */
  private addApproved(
    { review: transfer, tenant, intent }: ReviewApproved,
    seq: number,
    transferOf: TransferOf,
  ): void {
    if (intent !== undefined) this.addIntent({ transfer, tenant }, intent, seq);
    const { first, expiresAt } = transferOf(transfer) ?? {};
    if (first?.step === 'hold') this.addHold(transfer, tenant, expiresAt);
  }

  /** Those that will expire. */
  private addHold(transfer: TransferId, tenant: string, expiresAt: string | undefined): void {
    if (expiresAt !== undefined) push(this.holds, [uuidOf(transfer), tenant, `"${expiresAt}"`]);
  }

  private addIntent(
    { transfer, tenant }: { transfer: TransferId; tenant: string },
    { plan, deadline }: NonNullable<Extract<LedgerEvent, { type: 'transfer.tried' }>['intent']>,
    seq: number,
  ): void {
    const route = `${plan.coordinator}>${plan.participants.join('>')}`;
    push(this.intents, [seq, uuidOf(transfer), tenant, route, `"${deadline}"`]);
  }
}

type Cell = string | number | boolean;
type Row = Record<string, unknown>;

const columns = (count: number): Cell[][] => Array.from({ length: count }, () => []);
function push(into: Cell[][], row: readonly Cell[]): void {
  for (let i = 0; i < row.length; i += 1) into[i]?.push(row[i] as Cell);
}
function changeRow({ account, change }: { account: string; change: AccountChange }): Row {
  const { status, reviewDebits, minBalance, maxBalance, metadata } = change;
  return {
    id: uuidOf(account),
    ...(status === undefined ? {} : { status }),
    ...(reviewDebits === undefined ? {} : { review_debits: reviewDebits }),
    ...(minBalance === undefined ? {} : { min_balance: minBalance?.toString() ?? null }),
    ...(maxBalance === undefined ? {} : { max_balance: maxBalance?.toString() ?? null }),
    ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
  };
}
