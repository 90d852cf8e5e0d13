/**
 * The auditor's own reading of an event (docs/journal-format.md). On purpose it shares nothing with what writes them:
 * one bug must not hide in both.
 */
export interface JournalEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  readonly subject: string;
  readonly schemaversion: number;
  readonly cluster: string;
  readonly tenant?: string;
  readonly shard: string;
  readonly sequence: string;
  readonly actor: string;
  readonly cause?: string;
  readonly prev: string;
  readonly data: EventData;
}

/** `[debits posted, credits posted, debits pending, credits pending]`, in minor units. */
export type CounterTexts = readonly [string, string, string, string];

export interface LegData {
  readonly debit: string;
  readonly credit: string;
  readonly amount: string;
  readonly asset: string;
  readonly in_transit?: {
    readonly side: 'debit' | 'credit';
    readonly peer: number;
    readonly account: string;
  };
}

export interface EntryData {
  readonly account: string;
  readonly version: number;
  readonly before: CounterTexts;
  readonly after: CounterTexts;
}

/** What the auditor reads of a claim. */
export interface ClaimData {
  readonly id: string;
  readonly namespace: string;
  readonly key: string;
  readonly subject: string;
}

/** Some of a leg of an earlier transfer, by its index. */
export interface PartData {
  readonly leg: number;
  readonly amount: string;
}

export interface PlanData {
  readonly coordinator: number;
  readonly participants: readonly number[];
  /** Of a hold with debits on several shards. */
  readonly holds?: true;
  readonly legs: readonly (LegData & { readonly debit_shard: number; readonly credit_shard: number })[];
}

export interface KeyData {
  readonly cluster: string;
  readonly shard: number;
  readonly id: string;
  readonly public: string;
  readonly previous: string | null;
}

export interface TotalsData {
  readonly asset: string;
  readonly debits_posted: string;
  readonly credits_posted: string;
  readonly debits_pending: string;
  readonly credits_pending: string;
}

export interface CheckpointData {
  readonly cluster: string;
  readonly shard: number;
  readonly number: number;
  readonly first: number;
  readonly last: number;
  readonly hash: string;
  readonly root: string;
  readonly previous: string | null;
  readonly time: string;
  readonly totals: readonly TotalsData[];
  readonly key: string;
}

/** The union of what the types carry; which fields a type has is in docs/journal-format.md. */
export interface EventData {
  readonly cluster?: string;
  readonly buckets?: readonly (readonly [number, number])[];
  readonly version?: number;
  readonly placement?: string;
  readonly account?: string;
  readonly kind?: string;
  readonly asset?: string;
  readonly min_balance?: string | null;
  readonly max_balance?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly peer?: number;
  readonly claim?: ClaimData;
  readonly transfer?: string;
  readonly coordinator?: number;
  /** Of a transfer in review, of a hold across shards, and of what was rejected of either. */
  readonly plan?: PlanData;
  /** Of a transfer in review. */
  readonly deadline?: string;
  readonly escalate_at?: string;
  /** Which transfer a decision is about. */
  readonly review?: string;
  readonly intent?: { readonly plan: PlanData; readonly deadline: string };
  readonly legs?: readonly LegData[];
  readonly entries?: readonly EntryData[];
  readonly step?: string;
  readonly reference?: string;
  readonly effective_at?: string;
  readonly reference_claim?: ClaimData;
  readonly change?: {
    readonly status?: string;
    readonly review_debits?: boolean;
    readonly min_balance?: string | null;
    readonly max_balance?: string | null;
    readonly metadata?: Readonly<Record<string, string>>;
  };
  readonly holds?: true;
  readonly hold?: string;
  readonly releases?: string;
  readonly final?: boolean;
  readonly expires_at?: string;
  readonly reverses?: string;
  readonly of?: string;
  readonly parts?: readonly PartData[];
  readonly released?: readonly PartData[];
  readonly fx?: readonly {
    readonly sell: number;
    readonly buy: number;
    readonly rate: string;
    readonly rounding: string;
  }[];
  readonly occurrence?: { readonly schedule: string; readonly number: number };
  readonly schedule?: string;
  readonly terms?: { readonly legs: readonly LegData[]; readonly up_to?: boolean };
  readonly rule?: unknown;
  readonly number?: number;
  readonly first?: number;
  readonly last?: number;
  readonly due?: string;
  readonly fired?: string;
  readonly next?: string;
  readonly settled?: number;
  readonly called_off?: string;
  readonly rejection?: unknown;
  readonly reason?: unknown;
  readonly tombstone?: boolean;
  readonly signing_key?: KeyData;
  readonly checkpoint?: CheckpointData;
  readonly signature?: string;
  readonly voucher?: string;
}

/** The newest shapes this auditor knows. */
export const KNOWN_SCHEMA_VERSION = 1;
