/** One movement, as an outside party has it. Amounts and balances are decimal texts, credits above zero, by its own books. */
export interface StatementLine {
  /** Where it stands in the file, for a person: `line 12`, `Stmt/Ntry[3]`. */
  readonly at: string;
  /** YYYY-MM-DD, as all dates. */
  readonly date: string;
  readonly valueDate?: string;
  /** Never zero. */
  readonly amount: string;
  /** After it. */
  readonly balance?: string;
  /** Whatever may name the transfer, of one end or the other. */
  readonly references: readonly string[];
  /** Names and accounts of whom it came from or went to. */
  readonly counterparties: readonly string[];
  readonly text: string;
  /** It takes an earlier one back. */
  readonly reversal?: boolean;
}

/** An outside statement of one account and one period. */
export interface Statement {
  readonly format: 'csv' | 'camt.053';
  /** What the other party calls it, and the account. */
  readonly id?: string;
  readonly account?: string;
  /** ISO 4217, where it says one. */
  readonly currency?: string;
  readonly from?: string;
  readonly to?: string;
  readonly opening?: string;
  readonly closing?: string;
  readonly lines: readonly StatementLine[];
  /** How many rows or entries were passed over: of other accounts, not booked yet, without an amount. */
  readonly leftOut: number;
  /** Where it contradicts itself. */
  readonly contradictions: readonly string[];
}

/** A statement that can not be read: which line or element, and why. */
export class StatementError extends Error {
  override readonly name = 'StatementError';

  constructor(at: string, why: string) {
    super(`${at}: ${why}`);
  }
}
