import { bucketOf, keyDigest, scheduleIdOf } from '../../src/domain/ids.js';
import type { TransferTerms } from '../../src/domain/schedule.js';
import type { Leg } from '../../src/domain/transfer.js';
import { Scheduler } from '../../src/saga/scheduler.js';
import { TEST_ORIGIN } from './cluster.js';
import type { SagaCluster } from './saga-cluster.js';
import { until } from './until.js';

type LegOf = (from: number, to: number, amount: bigint) => Leg;

/**
 * Transfers in advance: one that waits, one that is called off, and some whose time has come. `leg`: between accounts by
 * number, 0 to 2 on shard 0 and 4 on shard 1, of which 1 may not go below zero.
 */
export async function askInAdvance({ tenant, ledger, shards }: SagaCluster, leg: LegOf, past: string) {
  const { intake, router, pools } = ledger;
  const details = { reference: 'ref-1', metadata: { order: '1', parity: 'odd' } };
  const at = new Date(Date.now() + 3_600_000).toISOString();
  const ask = async (key: string) => {
    const terms = { legs: [leg(0, 1, 3n)], details };
    const answer = await intake.transferAt({ tenant, key, at, terms }, TEST_ORIGIN);
    if (answer.kind === 'refused' || answer.transfer.scheduled === undefined) throw new Error(key);
    return answer.transfer.scheduled.schedule;
  };
  await ask('waits');
  await intake.cancelSchedule({ tenant, key: 'call off', schedule: await ask('off') }, TEST_ORIGIN);
  const due: readonly (TransferTerms & { readonly legs: readonly [Leg] })[] = [
    { legs: [leg(1, 0, 10n ** 12n)], details: { ...details, effectiveAt: past }, upTo: true },
    { legs: [leg(0, 4, 9n)], details },
    { legs: [leg(2, 0, 8n)], hold: {} },
    { legs: [leg(1, 0, 10n ** 12n)] },
  ];
  for (const [n, terms] of due.entries()) {
    const schedule = scheduleIdOf(bucketOf(terms.legs[0].debit), keyDigest(tenant, 'client', `due ${n}`));
    const command = { kind: 'schedule', tenant, schedule, terms, missed: 'fire', next: past } as const;
    await router.submit(0, command, TEST_ORIGIN);
  }
  const onError = (error: unknown): never => {
    throw error;
  };
  const carryOut = intake.carryOutDue.bind(intake);
  const scheduler = new Scheduler({ pool: pools.at(0), carryOut, onError });
  while ((await scheduler.pass()) > 0);
  const open = 'SELECT 1 FROM open_intents';
  await until('the one across shards has ended', async () => {
    return (await shards.owner(0).query(open)).rowCount === 0;
  });
}
