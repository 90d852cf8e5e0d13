import type { Command } from '../domain/command.js';
import type { OutcomeOf } from '../domain/outcome.js';

/** What a caller gets: the outcome and, if this very command wrote it, the text of the event that holds it. */
export type Answer<C extends Command = Command> = OutcomeOf<C> & { readonly body?: string };
