import type { Command, Origin } from '../domain/command.js';
import type { Answer } from './answer.js';

/** A command on its way through a shard's writer, and who waits for it. */
export interface Submission {
  readonly command: Command;
  readonly origin: Origin;
  /** Only to be decided: nothing of it is written. */
  readonly dry: boolean;
  /** In which order commands came: kept when they are put back. */
  readonly order: number;
  /** Monotonic milliseconds after which the caller is told "unknown" instead of trying on. */
  readonly giveUpAtMs: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}
