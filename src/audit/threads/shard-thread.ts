import { parentPort } from 'node:worker_threads';
import { divergenceOf } from '../divergence.js';
import { checkMarks } from '../marks/check-marks.js';
import { buffersOf } from '../marks/mark-writer.js';
import { ShardAudit } from '../shard-audit.js';
import type { FromThread, ShardJob, ToThread } from './messages.js';

/** The thread's side: audits the shards it is told to, one piece after the other. */
const port = parentPort;
if (port === null) throw new Error('this is run in a thread of its own');

const audits = new Map<number, { readonly audit: ShardAudit; readonly job: ShardJob }>();

function of(shard: number): { readonly audit: ShardAudit; readonly job: ShardJob } {
  const found = audits.get(shard);
  if (found === undefined) throw new RangeError(`shard ${shard} was not opened here`);
  return found;
}

async function answer(message: ToThread): Promise<FromThread | undefined> {
  if (message.kind === 'open') {
    const { job } = message;
    audits.set(job.shard, { job, audit: new ShardAudit(job.shard, job) });
    return undefined;
  }
  if (message.kind === 'marks') return { kind: 'marked', faults: checkMarks(message.written) };
  const { shard } = message;
  const { audit, job } = of(shard);
  if (message.kind === 'end') {
    audits.delete(shard);
    const accounts = job.withAccounts ? audit.books.accounts : new Map<string, never>();
    return { kind: 'ended', shard, outcome: audit.outcome(), accounts };
  }
  const divergence = await divergenceOf(async () => {
    if (message.kind === 'finish') return audit.finish();
    audit.takeLines(message.lines);
  });
  const { seq } = audit.chain;
  return { kind: 'taken', shard, seq, done: audit.done, ...(divergence === undefined ? {} : { divergence }) };
}

// One at a time, in the order they came.
let last: Promise<void> = Promise.resolve();
port.on('message', (message: ToThread) => {
  last = last.then(async () => {
    try {
      const reply = await answer(message);
      if (reply === undefined) return;
      port.postMessage(reply, reply.kind === 'ended' ? buffersOf([reply.outcome.recorded.marks]) : []);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      port.postMessage({ kind: 'broken', shard: shardOf(message), message: text } satisfies FromThread);
    }
  });
});

function shardOf(message: ToThread): number {
  if (message.kind === 'marks') return -1;
  return message.kind === 'open' ? message.job.shard : message.shard;
}
