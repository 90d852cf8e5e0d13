import type { AccountId } from '../../../src/domain/ids.js';
import type { Operation } from '../support/load.js';
import { type BenchLedger, ORIGIN } from './bench-ledger.js';

/** One step each: a hold, and the capture of one made before. */
export function holdsAndCaptures(bench: BenchLedger, pick: () => readonly [AccountId, AccountId]): Operation {
  const { intake } = bench.ledger;
  const { tenant } = bench;
  const open: Parameters<typeof intake.capture>[0]['hold'][] = [];
  return async () => {
    const hold = open.length > 0 && Math.random() < 0.5 ? open.shift() : undefined;
    if (hold !== undefined) {
      const answer = await intake.capture({ tenant, key: bench.nextKey(), hold, final: true }, ORIGIN);
      return answer.kind === 'ended' && answer.transfer.status === 'posted';
    }
    const [debit, credit] = pick();
    const request = { ...bench.request(bench.nextKey(), debit, credit), hold: {} };
    const answer = await intake.transfer(request, ORIGIN, { waitMs: 0 });
    if (answer.kind !== 'ended' || answer.transfer.status !== 'held') return false;
    open.push(answer.transfer.id);
    return true;
  };
}
