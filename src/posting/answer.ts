import type { Outcome } from '../domain/outcome.js';

/** What a caller gets: the outcome and, if this very command wrote it, the text of the event that holds it. */
export type Answer = Outcome & { readonly body?: string };
