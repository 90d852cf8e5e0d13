import type { Command } from '../domain/command.js';
import { decide } from '../domain/decide.js';
import { evolve } from '../domain/evolve.js';
import type { OutcomeOf } from '../domain/outcome.js';
import { encodeEvent } from '../journal/encode.js';
import { hashOf } from '../journal/hash.js';
import type { AppendParameters } from '../storage/statements/append.js';
import type { Head } from '../storage/statements/read-head.js';
import { aTurn } from './a-turn.js';
import type { Answer, Written } from './answer.js';
import { BatchRows } from './batch-rows.js';
import type { BatchState } from './batch-state.js';
import type { Submission } from './submission.js';

/** One commit, computed and encoded: what to write, what to answer once it is written, and the state it leaves. */
export interface ComputedBatch {
  readonly from: Head;
  readonly to: Head;
  readonly state: BatchState;
  readonly submissions: readonly Submission[];
  /** One for each submission, in order; an Error where the kernel itself broke. */
  readonly answers: readonly (Answer | Error)[];
  /** Undefined when nothing new happened: all repeats and refusals. */
  readonly parameters: AppendParameters | undefined;
}

/** Legs between two turns of the event loop: some milliseconds, so that replies of the server do not wait long. */
const SLICE = 64;

/** Applies a batch in order on top of `head`. Pure but for the state it is given, which becomes the new copy. */
export async function computeBatch(
  state: BatchState,
  head: Head,
  submissions: readonly Submission[],
  nowMs: number,
  { cluster, epoch, writer }: { readonly cluster: string; readonly epoch: number; readonly writer: number },
): Promise<ComputedBatch> {
  // Times never go backwards within a shard, whatever this node's clock says.
  const timeMs = Math.max(nowMs, head.timeMs);
  const time = new Date(timeMs).toISOString();
  const rows = new BatchRows();
  let { seq, hash, writerVersion } = head;
  const answerTo = ({ command, origin, dry }: Submission): Answer | Error => {
    try {
      const { outcome, events } = decide(state, command, seq + 1);
      if (!dry) {
        for (const event of events) {
          const name = event.type === 'shard.opened' ? event.cluster : cluster;
          seq += 1;
          const at = { cluster: name, shard: state.shard, seq, time, prev: hash };
          const body = encodeEvent(event, origin, at);
          hash = hashOf(body);
          evolve(state, event, seq);
          rows.add(event, seq, body, state.shard, state.transfer);
          if (event.type === 'writer_version.raised') writerVersion = event.version;
        }
      }
      const event = events.at(-1);
      return event === undefined ? outcome : withWritten(outcome, { event, time });
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };
  const answers: (Answer | Error)[] = [];
  let legs = 0;
  for (const submission of submissions) {
    legs += submission.legs;
    if (legs >= SLICE) {
      await aTurn();
      legs = 0;
    }
    answers.push(answerTo(submission));
  }
  const to = { ...head, seq, hash, timeMs, writerVersion };
  const parameters =
    rows.size === 0 ? undefined : { from: head, to, epoch, writer, columns: rows.columns(state.unasked) };
  return { from: head, to: parameters === undefined ? head : to, state, submissions, answers, parameters };
}

/** Most answers are of one form: written out, since copying it by spreading costs (docs/performance.md). */
function withWritten(outcome: OutcomeOf<Command>, written: Written): Answer {
  if (outcome.kind !== 'recorded') return { ...outcome, written };
  const { kind, result, seq, replayed, rejection, reason } = outcome;
  const plain = rejection === undefined && reason === undefined;
  return plain ? { kind, result, seq, replayed, written } : { ...outcome, written };
}
