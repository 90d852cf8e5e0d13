import type { Command } from '../domain/command.js';
import type { LedgerEvent } from '../domain/event.js';
import type { OutcomeOf } from '../domain/outcome.js';

/** An event as it was just written. */
export interface Written {
  readonly event: LedgerEvent;
  /** RFC 3339. */
  readonly time: string;
}

/** What a caller gets: the outcome and, if this very command wrote it, the event that holds it. */
export type Answer<C extends Command = Command> = OutcomeOf<C> & { readonly written?: Written };
