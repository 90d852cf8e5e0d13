import { expect, it } from 'vitest';
import type { Asset } from '../../src/domain/asset.js';
import { accountIdOf, keyDigest, scheduleIdOf, tenantId } from '../../src/domain/ids.js';
import type { SkipOccurrences } from '../../src/domain/schedule-command.js';
import type { Keys } from '../../src/intake/keys.js';
import { ScheduleIntake } from '../../src/intake/schedules.js';
import type { TransferIntake } from '../../src/intake/transfers.js';
import { encodeEvent } from '../../src/journal/encode.js';
import { GENESIS_HASH } from '../../src/journal/envelope.js';
import type { ShardPools } from '../../src/storage/shard-pools.js';

/* P9: how missed occurrences are passed over. Method: the scheduler's own way to the kernel, which is not there. */
const TENANT = tenantId('acme');
const digest = keyDigest(TENANT, 'client', 'rent');
const schedule = scheduleIdOf(0, digest);
const account = (name: string) => accountIdOf(0, keyDigest(TENANT, 'client', name));
const START = '2026-01-01T00:00:00.000Z';
const leg = { debit: account('payer'), credit: account('payee'), amount: 1n, asset: 'EUR/2' as Asset };

it('hundreds of missed occurrences are passed over by one command, and everything else has its turn meanwhile', async () => {
  const created = {
    type: 'schedule.created',
    tenant: TENANT,
    schedule,
    terms: { legs: [leg] },
    rule: { rrule: 'FREQ=MINUTELY', timeZone: 'Europe/Prague', startsAt: START },
    missed: 'skip',
    next: START,
  } as const;
  const at = { cluster: 'test', shard: 0, seq: 1, time: START, prev: GENESIS_HASH };
  const body = encodeEvent(created, { actor: 'key:one' }, at);
  const commands: SkipOccurrences[] = [];
  const submit = async (_: number, command: SkipOccurrences) => {
    commands.push(command);
    return { kind: 'recorded' };
  };
  const router = { map: { shardOf: () => 0 }, submit };
  const keys = { router } as unknown as Keys;
  const intake = new ScheduleIntake(keys, {} as TransferIntake, {} as ShardPools, Date.now);
  let turns = 0;
  const count = (): void => {
    turns += 1;
    if (commands.length === 0) setImmediate(count);
  };
  setImmediate(count);
  const now = new Date(Date.parse(START) + 300 * 60_000);
  expect(await intake.carryOutDue({ schedule, tenant: TENANT, settled: 0, due: START, body, now })).toBe(
    true,
  );
  const [command] = commands;
  if (command === undefined) throw new Error('nothing was passed over');
  const { first, last, next = '' } = command;
  expect(first).toBe(1);
  expect(last).toBeGreaterThan(1);
  expect(Date.parse(next)).toBe(Date.parse(START) + last * 60_000);
  expect(turns).toBeGreaterThanOrEqual(last - 1);
});
