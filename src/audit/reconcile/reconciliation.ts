import type { Perspective } from './settle.js';

/** Amounts are decimal texts by the ledger's sign: what credits the account is above zero. */
export interface LineView {
  /** Where it stands in the statement. */
  readonly at: string;
  readonly date: string;
  readonly amount: string;
  readonly references: readonly string[];
  readonly counterparties: readonly string[];
  readonly text: string;
  readonly reversal: boolean;
}

export interface EntryView {
  readonly transfer: string;
  readonly shard: number;
  readonly sequence: number;
  /** The account's version after it. */
  readonly version: number;
  readonly date: string;
  readonly amount: string;
  readonly references: readonly string[];
  readonly counterparties: readonly string[];
  /** Of another time than the statement's, though a rule finds it to be in it. */
  readonly outsideThePeriod: boolean;
}

interface Group {
  /** Its name. */
  readonly rule: string;
  readonly statement: readonly LineView[];
  readonly ledger: readonly EntryView[];
}

export interface BalanceView {
  readonly ledger: string;
  /** Absent where the statement says none. */
  readonly statement?: string;
  /** The statement's less the ledger's. */
  readonly difference?: string;
}

/** What an outside statement and an account's entries have in common, and what not. */
export interface Reconciliation {
  /** Everything matches, and the balances are equal where the statement says them. */
  readonly clean: boolean;
  readonly account: {
    readonly id: string;
    readonly tenant: string;
    readonly reference: string;
    readonly asset: string;
  };
  readonly perspective: Perspective;
  readonly period: { readonly from: string; readonly to: string };
  readonly statement: {
    readonly format: string;
    readonly id?: string;
    readonly account?: string;
    readonly lines: number;
    readonly leftOut: number;
    /** Where it contradicts itself. */
    readonly contradictions: readonly string[];
  };
  /** Of the period. */
  readonly ledger: { readonly entries: number };
  readonly matched: readonly Group[];
  readonly unmatched: { readonly statement: readonly LineView[]; readonly ledger: readonly EntryView[] };
  /** What fits in more than one way, or (`too_many`) in more ways than can be looked at. */
  readonly ambiguous: readonly (Group & { readonly reason: 'several' | 'too_many' })[];
  readonly balances: { readonly opening: BalanceView; readonly closing: BalanceView };
}
