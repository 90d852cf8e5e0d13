import type { Command, Origin } from '../domain/command.js';
import type { Answer } from './answer.js';

/** A command on its way through a shard's writer, and who waits for it. */
export interface Submission {
  readonly command: Command;
  readonly origin: Origin;
  /** Only to be decided: nothing of it is written. */
  readonly dry: boolean;
  /** What it weighs. */
  readonly legs: number;
  /** In which order commands came: kept when they are put back. */
  readonly order: number;
  /** Monotonic milliseconds after which the caller is told "unknown" instead of trying on. */
  readonly giveUpAtMs: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** The legs a command has or names; one where it has none. */
export function legsOf(command: Command): number {
  if (command.kind === 'linked') return command.items.reduce((sum, item) => sum + legsOf(item), 0);
  if (command.kind === 'fire') return legsOf(command.transfer);
  if ('legs' in command) return command.legs.length;
  return 'parts' in command ? (command.parts?.length ?? 1) : 1;
}
