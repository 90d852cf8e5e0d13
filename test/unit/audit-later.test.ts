import { describe, expect, it } from 'vitest';
import { divergenceOf } from '../../src/audit/divergence.js';
import { checkLater } from '../../src/audit/later.js';
import { replay } from '../../src/audit/replay.js';
import type { Asset } from '../../src/domain/asset.js';
import type { Command } from '../../src/domain/command.js';
import { decide } from '../../src/domain/decide.js';
import { evolve } from '../../src/domain/evolve.js';
import { accountIdOf, keyDigest, tenantId, transferIdOf } from '../../src/domain/ids.js';
import { MemoryState } from '../../src/domain/state.js';
import { legsAt } from '../../src/domain/transfer.js';
import { encodeEvent } from '../../src/journal/encode.js';
import { GENESIS_HASH } from '../../src/journal/envelope.js';
import { hashOf } from '../../src/journal/hash.js';

/** P6: a step that says that it followed what was not read any more of another shard. */
const TENANT = tenantId('acme');
const EUR = 'EUR/2' as Asset;
const account = (shard: number) => accountIdOf(shard, keyDigest(TENANT, 'client', `${shard}`));
const TRANSFER = transferIdOf(0, keyDigest(TENANT, 'client', 'order'));
const ends = { debit: account(0), credit: account(1), amount: 500n, asset: EUR };
const PLAN = { coordinator: 0, participants: [1], legs: [{ ...ends, debitShard: 0, creditShard: 1 }] };

/** A shard's journal, made by the real kernel. */
function journalOf(shard: number, commands: readonly Exclude<Command, { kind: 'linked' }>[], cause: string) {
  const state = new MemoryState(shard);
  const texts: string[] = [];
  const limits = { minBalance: null, maxBalance: null };
  for (const command of [
    { kind: 'open_shard', cluster: 'test', buckets: [[0, 4095]] } as const,
    {
      kind: 'open_account',
      tenant: TENANT,
      account: account(shard),
      asset: EUR,
      limits,
      metadata: {},
    } as const,
    ...commands,
  ]) {
    for (const event of decide(state, command, texts.length + 1).events) {
      const [seq, last] = [texts.length + 1, texts.at(-1)];
      evolve(state, event, seq);
      const prev = last === undefined ? GENESIS_HASH : hashOf(last);
      const at = { cluster: 'test', shard, seq, time: '2026-01-01T00:00:00.000Z', prev };
      texts.push(encodeEvent(event, { actor: 'system:saga', cause }, at));
    }
  }
  return texts;
}
const common = { tenant: TENANT, transfer: TRANSFER } as const;
const pivot = { kind: 'pivot', ...common, coordinator: 0, legs: legsAt(PLAN, 1, TENANT) } as const;
const begun = {
  kind: 'try',
  ...common,
  coordinator: 0,
  legs: legsAt(PLAN, 0, TENANT),
  intent: { plan: PLAN, deadline: '2026-01-02T00:00:00.000Z' },
} as const;

async function audit(...journals: readonly (readonly string[])[]) {
  const source = {
    holds: journals.map(({ length }) => length),
    async *read(shard: number) {
      yield journals[shard] ?? [];
    },
  };
  const { divergences, inDoubt } = await replay({ source });
  return { divergences, inDoubt };
}

it('P6: finds a try of what its coordinator rejected', async () => {
  const legs = [{ ...ends, debit: account(1), credit: account(0), debitShard: 1, creditShard: 0 }];
  const there = { coordinator: 1, participants: [0], legs };
  const transfer = transferIdOf(1, keyDigest(TENANT, 'client', 'frozen'));
  const step = { kind: 'try', tenant: TENANT, transfer, coordinator: 1 } as const;
  const freeze = {
    kind: 'change_account',
    tenant: TENANT,
    operation: TRANSFER,
    account: account(1),
    change: { status: 'frozen' },
  } as const;
  const intent = { plan: there, deadline: '2026-01-02T00:00:00.000Z' };
  const rejected = journalOf(1, [freeze, { ...step, legs: legsAt(there, 1, TENANT), intent }], 'req_1');
  expect(rejected.at(-1)).toContain('saldo.transfer.rejected');
  const tried = journalOf(0, [{ ...step, legs: legsAt(there, 0, TENANT) }], `1-${rejected.length}`);
  expect((await audit(tried, rejected)).divergences).toMatchObject([
    { shard: 0, seq: tried.length, transfer, what: 'step', found: 'a try' },
  ]);
});

describe('P6: a step after what was read of the shard that it followed', () => {
  it('is in doubt, with its amount, also where nothing of its transfer was read there', async () => {
    const whole = journalOf(0, [begun], 'req_1');
    const pivoted = journalOf(1, [pivot], `0-${whole.length}`);
    const listed = { transfer: TRANSFER, state: 'in_transit', amount: '500', asset: EUR };
    const early = await audit(whole.slice(0, 2), pivoted);
    expect(early).toMatchObject({ divergences: [], inDoubt: [{ ...listed, shards: [1] }] });
    expect(await audit(whole, pivoted)).toMatchObject({
      divergences: [],
      inDoubt: [{ ...listed, shards: [0, 1] }],
    });
  });

  it('is wrong where it followed nothing that could be later, and where there is no such shard', async () => {
    const whole = journalOf(0, [], '');
    for (const cause of ['0-1', '7-9', 'req_1', ''])
      expect((await audit(whole, journalOf(1, [pivot], cause))).divergences, cause).toMatchObject([
        { shard: 1, transfer: TRANSFER, what: 'step', expected: 'an intent before it' },
      ]);
    const alone = journalOf(0, [begun, { kind: 'confirm', ...common }], '1-9');
    expect((await audit(alone)).divergences).toMatchObject([{ shard: 0, what: 'confirm' }]);
  });

  it('is asked for in the shard, which must have what came before it by now', async () => {
    const [text = ''] = journalOf(0, [begun], 'req_1').slice(-1);
    const step = { shard: 1, seq: 4, transfer: TRANSFER, cause: '0-4' };
    const found = (cause: string, ...now: readonly string[]) =>
      divergenceOf(() => checkLater([{ ...step, cause }], [{ eventsNow: async () => now }]));
    expect(await found('0-4', text)).toBeUndefined();
    const other = text.replaceAll(TRANSFER, `tr_${'0'.repeat(32)}`);
    for (const now of [[], [other], ['{'], ['null']])
      expect(await found('0-4', ...now)).toMatchObject({
        shard: 1,
        seq: 4,
        transfer: TRANSFER,
        what: 'step',
      });
    for (const cause of ['0-99999999999999999999', '5-4', '0-Infinity'])
      expect(await found(cause, text), cause).toMatchObject({ what: 'step', found: 'none' });
  });
});
