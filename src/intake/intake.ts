import { randomUUID } from 'node:crypto';
import type { Origin } from '../domain/command.js';
import type { TenantId, TransferId } from '../domain/ids.js';
import type { AccountDirectory } from '../routing/account-directory.js';
import type { Placement } from '../routing/placement.js';
import type { Router } from '../routing/router.js';
import type { EndWatch } from '../saga/end-watch.js';
import type { ShardPools } from '../storage/shard-pools.js';
import type { DueSchedule } from '../storage/statements/read-due-schedules.js';
import { AccountIntake } from './accounts.js';
import { BatchIntake } from './batches.js';
import { Endings } from './endings.js';
import { FollowUpIntake } from './holds.js';
import { KeyDesk } from './key-desk.js';
import { clientKey, Keys } from './keys.js';
import type {
  AccountAnswer,
  AccountChangeAnswer,
  KeyAnswer,
  NewAccount,
  NewAccountBatch,
  NewAccountChange,
  NewCapture,
  NewDecision,
  NewReversal,
  NewSchedule,
  NewScheduleCancel,
  NewScheduledTransfer,
  NewTransfer,
  NewTransferBatch,
  NewVoid,
  Refused,
  ScheduleAnswer,
  TransferAnswer,
  TransferTrial,
} from './requests.js';
import { type ReviewRules, USUAL_REVIEW_RULES } from './review-rules.js';
import { ReviewIntake } from './reviews.js';
import { ScheduleIntake } from './schedules.js';
import { TransferIntake } from './transfers.js';

export interface IntakeOptions {
  readonly router: Router;
  readonly directory: AccountDirectory;
  readonly placementOf: (tenant: TenantId) => Placement | Promise<Placement>;
  /** As the posting role. */
  readonly pools: ShardPools;
  /** By shard number. */
  readonly ends: readonly EndWatch[];
  readonly clock?: () => number;
  /** How long after its intake a transfer across shards may still be undecided, milliseconds. */
  readonly sagaDeadlineMs?: number;
  readonly reviewRules?: ReviewRules;
  /** A review was decided: whoever waits for that may be told. */
  readonly onDecided?: (review: TransferId) => void;
}

const HOUR_MS = 3_600_000;

/**
 * Everything a client can ask for. A thrown ShardUnavailableError and the like mean that the outcome is unknown and the
 * request should be repeated; every repeat of a key comes to the same answer (P4).
 */
export class Intake {
  private readonly accounts: AccountIntake;
  private readonly transfers: TransferIntake;
  private readonly followUps: FollowUpIntake;
  private readonly reviews: ReviewIntake;
  private readonly batches: BatchIntake;
  private readonly schedules: ScheduleIntake;
  private readonly desk: KeyDesk;

  constructor({ router, placementOf, pools, directory, ends, ...options }: IntakeOptions) {
    const { clock = Date.now, sagaDeadlineMs = HOUR_MS, onDecided = () => undefined } = options;
    const { reviewRules = USUAL_REVIEW_RULES } = options;
    const keys = new Keys(router, placementOf);
    this.accounts = new AccountIntake(keys, pools);
    const endings = new Endings(pools, ends);
    const deadline = (): string => new Date(clock() + sagaDeadlineMs).toISOString();
    this.transfers = new TransferIntake({ keys, directory, pools, endings, deadline, clock, reviewRules });
    this.followUps = new FollowUpIntake(keys, endings, deadline);
    this.reviews = new ReviewIntake({ keys, endings, deadline, onDecided });
    this.batches = new BatchIntake(keys, this.accounts, this.transfers, endings);
    this.schedules = new ScheduleIntake(keys, this.transfers, pools, clock);
    this.desk = new KeyDesk(keys, pools);
  }

  openAccount(request: NewAccount, origin: Origin): Promise<AccountAnswer> {
    return this.accounts.open(clientKey(request.tenant, request.key), request, origin);
  }
  openAccounts(request: NewAccountBatch, origin: Origin): Promise<AccountAnswer[] | Refused> {
    return this.batches.openAccounts(request, origin);
  }
  changeAccount(request: NewAccountChange, origin: Origin): Promise<AccountChangeAnswer> {
    return this.accounts.change(request, origin);
  }
  /** `waitMs`: how long to wait for the end of one across shards. */
  transfer(request: NewTransfer, origin: Origin, { waitMs }: { waitMs: number }): Promise<TransferAnswer> {
    return this.transfers.transfer(clientKey(request.tenant, request.key), request, origin, waitMs);
  }
  dryRun(request: TransferTrial, origin: Origin): Promise<TransferAnswer> {
    return this.transfers.dryRun(clientKey(request.tenant, randomUUID()), request, origin);
  }
  transferBatch(
    request: NewTransferBatch,
    origin: Origin,
    { waitMs }: { waitMs: number },
  ): Promise<TransferAnswer[] | Refused> {
    return this.batches.transfer(request, origin, waitMs);
  }
  /** `waitMs`: as of a transfer. */
  capture(request: NewCapture, origin: Origin, { waitMs } = { waitMs: 0 }): Promise<TransferAnswer> {
    return this.followUps.capture(request, origin, waitMs);
  }
  /** `waitMs`: for what other shards have to free. */
  void(request: NewVoid, origin: Origin, { waitMs } = { waitMs: 0 }): Promise<TransferAnswer> {
    return this.followUps.void(request, origin, waitMs);
  }
  decide(request: NewDecision, origin: Origin): Promise<TransferAnswer> {
    return this.reviews.decide(request, origin);
  }
  /** `waitMs`: as of a transfer. */
  reverse(request: NewReversal, origin: Origin, { waitMs } = { waitMs: 0 }): Promise<TransferAnswer> {
    return this.followUps.reverse(request, origin, waitMs);
  }
  transferAt(request: NewScheduledTransfer, origin: Origin): Promise<TransferAnswer> {
    return this.schedules.transferAt(request, origin);
  }
  schedule(request: NewSchedule, origin: Origin): Promise<ScheduleAnswer> {
    return this.schedules.schedule(request, origin);
  }
  cancelSchedule(request: NewScheduleCancel, origin: Origin): Promise<ScheduleAnswer> {
    return this.schedules.cancel(request, origin);
  }
  cancelScheduledTransfer(request: NewScheduleCancel, origin: Origin): Promise<TransferAnswer> {
    return this.schedules.cancelTransfer(request, origin);
  }
  carryOutDue(due: DueSchedule): Promise<boolean> {
    return this.schedules.carryOutDue(due);
  }
  lookUpKey(tenant: TenantId, key: string): Promise<KeyAnswer> {
    return this.desk.look(tenant, key);
  }
  burnKey(tenant: TenantId, key: string, origin: Origin): Promise<KeyAnswer> {
    return this.desk.burn(tenant, key, origin);
  }
}
