import type { Asset } from '../domain/asset.js';
import type { Origin } from '../domain/command.js';
import type { AccountId, ScheduleId, TenantId, TransferId } from '../domain/ids.js';
import type { FeedPort } from '../feed/views.js';
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
} from '../intake/requests.js';
import type { OccurrencePage, SchedulePage, ScheduleView } from '../routing/schedule-views.js';
import type {
  AccountView,
  BalanceView,
  EntryView,
  OpenReviewView,
  ReviewPage,
  TransferView,
} from '../routing/views.js';
import type { SumQuery, TransferQuery } from '../search/requests.js';
import type { EffectiveBalance, FoundTransfer, Page, PrefixSum } from '../search/views.js';
import type { Watchers } from './streams/watchers.js';

/** What the API answers from the read model: a while behind, and each answer says how far. */
export interface SearchPort {
  transfers(tenant: TenantId, query: TransferQuery): Promise<Page<FoundTransfer>>;
  sums(tenant: TenantId, query: SumQuery): Promise<Page<PrefixSum>>;
  balanceAt(tenant: TenantId, account: AccountId, at: string): Promise<EffectiveBalance | undefined>;
}

/** How long to wait for the end of a transfer across shards. */
interface Patience {
  readonly waitMs: number;
}

/** What the API asks the ledger to do. */
export interface IntakePort {
  openAccount(request: NewAccount, origin: Origin): Promise<AccountAnswer>;
  /** One answer for each item, in order. */
  openAccounts(request: NewAccountBatch, origin: Origin): Promise<AccountAnswer[] | Refused>;
  changeAccount(request: NewAccountChange, origin: Origin): Promise<AccountChangeAnswer>;
  transfer(request: NewTransfer, origin: Origin, patience: Patience): Promise<TransferAnswer>;
  /** What would become of it, with nothing written. */
  dryRun(request: TransferTrial, origin: Origin): Promise<TransferAnswer>;
  /** One answer for each item, in order. */
  transferBatch(
    request: NewTransferBatch,
    origin: Origin,
    patience: Patience,
  ): Promise<TransferAnswer[] | Refused>;
  capture(request: NewCapture, origin: Origin, patience: Patience): Promise<TransferAnswer>;
  /** The hold as its void left it: `processing` until all of it is free. */
  void(request: NewVoid, origin: Origin, patience: Patience): Promise<TransferAnswer>;
  decide(request: NewDecision, origin: Origin): Promise<TransferAnswer>;
  reverse(request: NewReversal, origin: Origin, patience: Patience): Promise<TransferAnswer>;
  /** A transfer asked for in advance: `processing` until it has ended. */
  transferAt(request: NewScheduledTransfer, origin: Origin): Promise<TransferAnswer>;
  schedule(request: NewSchedule, origin: Origin): Promise<ScheduleAnswer>;
  cancelSchedule(request: NewScheduleCancel, origin: Origin): Promise<ScheduleAnswer>;
  /** Of a transfer asked for in advance: the transfer that will not be. */
  cancelScheduledTransfer(request: NewScheduleCancel, origin: Origin): Promise<TransferAnswer>;
  lookUpKey(tenant: TenantId, key: string): Promise<KeyAnswer>;
  burnKey(tenant: TenantId, key: string, origin: Origin): Promise<KeyAnswer>;
}

/** What the API reads; sees every acknowledged change. */
export interface ReaderPort {
  account(tenant: TenantId, id: AccountId): Promise<AccountView | undefined>;
  accountByReference(tenant: TenantId, reference: string): Promise<AccountView | undefined>;
  /** Versions above `after` and up to `upTo`, at most `limit` of them. */
  entries(
    tenant: TenantId,
    id: AccountId,
    range: {
      readonly after: number;
      readonly upTo: number;
      readonly order: 'asc' | 'desc';
      readonly limit: number;
    },
  ): Promise<EntryView[] | undefined>;
  /** The version of the last entry at or before a booking time (RFC 3339); 0 if there was none. */
  versionAt(tenant: TenantId, id: AccountId, at: string): Promise<number>;
  /** What the account held at a booking time (RFC 3339). */
  balanceAt(tenant: TenantId, id: AccountId, at: string): Promise<BalanceView | undefined>;
  transfer(tenant: TenantId, id: TransferId): Promise<TransferView | undefined>;
  /** Transfers that wait for a decision, the longest waiting first, at most `limit`. */
  reviews(tenant: TenantId, page: ReviewPage): Promise<OpenReviewView[]>;
}

/** The tenant's schedules; sees every acknowledged change. */
export interface SchedulesPort {
  /** In the order of their ids. */
  schedules(tenant: TenantId, page: SchedulePage): Promise<ScheduleView[]>;
  /** With its latest occurrences. */
  schedule(tenant: TenantId, id: ScheduleId): Promise<ScheduleView | undefined>;
  occurrences(
    tenant: TenantId,
    id: ScheduleId,
    page: { readonly before?: number; readonly limit: number },
  ): Promise<OccurrencePage | undefined>;
}

export interface Caller {
  readonly keyId: string;
  readonly tenant: TenantId;
}

/** What a tenant has on its way between shards; amounts in minor units. */
export interface InDoubtView {
  /** The oldest that have not ended. */
  readonly sagas: readonly {
    readonly transfer: TransferId;
    readonly kind: string;
    readonly of?: TransferId;
    readonly state: string;
    /** RFC 3339, as the next. */
    readonly since: string;
    readonly deadline: string;
    readonly route: readonly number[];
    readonly legs: readonly { readonly amount: bigint; readonly asset: Asset }[];
  }[];
  readonly more: number;
  readonly pairs: readonly {
    readonly shards: readonly [number, number];
    readonly asset: Asset;
    readonly undecided: bigint;
    readonly inTransit: bigint;
    readonly books: 'reconciled' | 'faulty' | 'unknown';
  }[];
  readonly unreachable: readonly number[];
}

/** Each part of the node by name: `ok`, or what is wrong. */
export type ReadinessParts = Readonly<Record<string, string>>;

export interface ApiPorts {
  readonly intake: IntakePort;
  readonly reader: ReaderPort;
  readonly schedules: SchedulesPort;
  readonly search: SearchPort;
  /** At most so many transfers are listed; all are summed up. */
  readonly inDoubt: (tenant: TenantId, limit: number) => Promise<InDoubtView>;
  readonly feed: FeedPort;
  /** Whose bearer token it is, if anybody's. */
  readonly ownerOf: (token: string) => Promise<Caller | undefined>;
  readonly readiness: () => Promise<{ readonly ready: boolean; readonly parts: ReadinessParts }>;
  /** Descriptions of the journal that anybody may read, by path. */
  readonly documents?: ReadonlyMap<string, object>;
  /** Told of each answer when it has ended, but for streams; in seconds. */
  readonly onAnswered?: (method: string, route: string, status: number, seconds: number) => void;
  /** Where the API serves the node's metrics as well. */
  readonly metrics?: { readonly contentType: string; text(): Promise<string> };
  /** Of streams: how often a quiet one says that it is there, and when one that takes nothing is closed. */
  readonly heartbeatMs?: number;
  readonly stalledMs?: number;
  /** Counts the requests that stay open. */
  readonly watchers?: Watchers;
}
