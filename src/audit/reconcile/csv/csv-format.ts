import type { DecimalFormat } from '../decimal.js';

/** A column by its name in the header, or by its place, from 1. */
export type Column = string | number;

/** How a CSV statement is written (docs/reconciliation.md). */
export interface CsvFormat extends DecimalFormat {
  /** A name that the WHATWG knows, such as `utf-8` or `windows-1250`. */
  readonly encoding: string;
  readonly delimiter: string;
  readonly quote: string;
  /** Lines before the header. */
  readonly skipLines: number;
  readonly header: boolean;
  /** Such as `DD.MM.YYYY`. */
  readonly dateFormat: string;
  readonly columns: {
    readonly date: Column;
    readonly valueDate?: Column;
    /** Signed, or with `side`; else `debit` and `credit`. */
    readonly amount?: Column;
    readonly debit?: Column;
    readonly credit?: Column;
    readonly side?: Column;
    readonly balance?: Column;
    readonly currency?: Column;
    readonly reference: readonly Column[];
    readonly counterparty: readonly Column[];
    readonly text: readonly Column[];
  };
  /** What stands in `side`. */
  readonly sides: { readonly debit: readonly string[]; readonly credit: readonly string[] };
  /** Only rows that have these values. */
  readonly only: readonly { readonly column: Column; readonly is: string }[];
}
