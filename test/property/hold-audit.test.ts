import { describe, expect, it } from 'vitest';
import type { JournalSource } from '../../src/audit/journal-source.js';
import { replay } from '../../src/audit/replay.js';
import type { Asset } from '../../src/domain/asset.js';
import type { Command } from '../../src/domain/command.js';
import { decide } from '../../src/domain/decide.js';
import type { LedgerEvent, TransferTried } from '../../src/domain/event.js';
import { evolve } from '../../src/domain/evolve.js';
import { accountIdOf, keyDigest, type TransferId, tenantId, transferIdOf } from '../../src/domain/ids.js';
import { partAt } from '../../src/domain/plan.js';
import { MemoryState } from '../../src/domain/state.js';
import type { Plan } from '../../src/domain/transfer.js';
import { encodeEvent } from '../../src/journal/encode.js';
import { GENESIS_HASH } from '../../src/journal/envelope.js';
import { hashOf } from '../../src/journal/hash.js';

/*
 * P8: what the auditor notices of a hold over three shards that is made, captured and freed. Method: three real kernels in
 * memory, whose events are changed on their way into state and journal, so that every chain and every balance is right.
 */
const TENANT = tenantId('acme');
const EUR = 'EUR/2' as Asset;
const SHARDS = [0, 1, 2] as const;
const accountOf = (shard: number, name: string) =>
  accountIdOf(shard, keyDigest(TENANT, 'client', `${shard} ${name}`));
const idOf = (name: string): TransferId => transferIdOf(0, keyDigest(TENANT, 'client', name));
const HOLD = idOf('hold');
const legs = SHARDS.map((shard) => ({
  debit: accountOf(shard, 'payer'),
  credit: accountOf(shard, 'shop'),
  amount: 10n * BigInt(shard + 1),
  asset: EUR,
  debitShard: shard,
  creditShard: shard,
}));
type Change = (event: LedgerEvent) => LedgerEvent;
const asIs: Change = (event) => event;
const onTried =
  (change: (event: TransferTried) => TransferTried): Change =>
  (event) =>
    event.type === 'transfer.tried' ? change(event) : event;

class World {
  private readonly shards = SHARDS.map((shard) => new MemoryState(shard));
  private readonly journals = SHARDS.map((): string[] => []);

  constructor() {
    const limits = { minBalance: null, maxBalance: null };
    for (const shard of SHARDS) {
      this.put(shard, { kind: 'open_shard', cluster: 'test', buckets: [[0, 4095]] });
      for (const name of ['payer', 'shop']) {
        const account = accountOf(shard, name);
        this.put(shard, { kind: 'open_account', tenant: TENANT, account, asset: EUR, limits, metadata: {} });
      }
    }
  }

  put(shard: number, command: Exclude<Command, { kind: 'linked' }>, change = asIs): LedgerEvent[] {
    const state = this.shards[shard];
    const journal = this.journals[shard];
    if (state === undefined || journal === undefined) throw new RangeError(`shard ${shard}`);
    const events = decide(state, command, journal.length + 1).events.map(change);
    for (const event of events) {
      const [seq, last] = [journal.length + 1, journal.at(-1)];
      const prev = last === undefined ? GENESIS_HASH : hashOf(last);
      evolve(state, event, seq);
      const at = { cluster: 'test', shard, seq, time: '2026-01-01T00:00:00.000Z', prev };
      journal.push(encodeEvent(event, { actor: 'system:test', cause: '0-1' }, at));
    }
    return events;
  }

  /** Carries what the coordinator has begun to its end. */
  carry(begun: LedgerEvent | undefined, change = asIs): void {
    if (begun?.type !== 'transfer.tried' || begun.intent === undefined) throw new Error('nothing was begun');
    const { transfer, intent, follows } = begun;
    const common = { tenant: TENANT, transfer } as const;
    const { participants, coordinator } = intent.plan;
    for (const [i, shard] of participants.entries()) {
      const kind = i === participants.length - 1 ? 'pivot' : 'try';
      this.put(
        shard,
        { kind, ...common, coordinator, ...partAt(intent.plan, follows, shard, TENANT) },
        change,
      );
    }
    for (const shard of [...participants.slice(0, -1), coordinator])
      this.put(shard, { kind: 'confirm', ...common });
  }

  hold(participants: readonly number[] = [1, 2]): void {
    const plan: Plan = { coordinator: 0, participants, holds: true, legs };
    const intent = { plan, deadline: '2026-01-02T00:00:00.000Z' };
    const { legs: own } = partAt(plan, undefined, 0, TENANT);
    const command = {
      kind: 'try',
      tenant: TENANT,
      transfer: HOLD,
      legs: own,
      coordinator: 0,
      intent,
    } as const;
    this.carry(this.put(0, command)[0]);
  }

  /** The releases that it begins. */
  void(change = asIs): LedgerEvent[] {
    const command = { kind: 'void', tenant: TENANT, operation: idOf('void'), hold: HOLD } as const;
    return this.put(0, command, change).slice(0, -1);
  }

  async audit() {
    const { journals } = this;
    const source: JournalSource = {
      holds: journals.map(({ length }) => length),
      read: async function* (shard) {
        yield journals[shard] ?? [];
      },
    };
    const { divergences, inDoubt } = await replay({ source });
    return { what: divergences.map(({ what }) => what), inDoubt };
  }
}

const CLEAN = { what: [], inDoubt: [] };

describe('P8: the auditor of a hold with debits on several shards', () => {
  it('finds it right when it is, captured in part and freed', async () => {
    const world = new World();
    world.hold();
    const parts = [
      { leg: 0, amount: 1n },
      { leg: 1, amount: 5n },
    ];
    const capture = {
      kind: 'capture',
      tenant: TENANT,
      transfer: idOf('capture'),
      hold: HOLD,
      parts,
    } as const;
    world.carry(world.put(0, { ...capture, final: false, deadline: '2026-01-02T00:00:00.000Z' }).at(-1));
    const releases = world.void();
    expect(releases).toHaveLength(2);
    expect((await world.audit()).inDoubt).toMatchObject([{ state: 'freeing' }, { state: 'freeing' }]);
    for (const release of releases) world.carry(release);
    expect(await world.audit()).toEqual(CLEAN);
  });

  it('meets no release that its kernel canceled or moved back', () => {
    const world = new World();
    world.hold();
    const [begun] = world.void();
    if (begun?.type !== 'transfer.tried') throw new Error('no release');
    const { transfer } = begun;
    const reason = { code: 'operator' } as const;
    const common = { tenant: TENANT, transfer } as const;
    expect(world.put(0, { kind: 'cancel', ...common, coordinator: 0, reason })).toEqual([]);
    const deadline = '2026-01-02T00:00:00.000Z';
    const back = {
      kind: 'reverse',
      tenant: TENANT,
      transfer: idOf('back'),
      original: transfer,
      deadline,
    } as const;
    expect(world.put(0, back)).toEqual([]);
    world.carry(begun);
    expect(world.put(0, { kind: 'cancel', ...common, coordinator: 0, reason })).toEqual([]);
    expect(world.put(0, back)).toEqual([]);
  });

  it('misses no shard that should take part', async () => {
    const world = new World();
    world.hold([2]);
    expect((await world.audit()).what).toEqual(['participants']);
  });

  it.each<[string, Change, string]>([
    [
      'frees less elsewhere than it frees of the hold',
      onTried((event) => {
        const { follows, intent } = event;
        if (follows === undefined || intent === undefined) return event;
        const less = <T extends { readonly amount: bigint }>(all: readonly T[]): T[] =>
          all.map((one) => ({ ...one, amount: one.amount - 1n }));
        const plan = { ...intent.plan, legs: less(intent.plan.legs) };
        return {
          ...event,
          intent: { ...intent, plan },
          follows: { ...follows, parts: less(follows.parts) },
        };
      }),
      'releases of what is debited elsewhere',
    ],
    [
      'may be too late',
      onTried((event) => ({
        ...event,
        ...(event.intent && { intent: { ...event.intent, deadline: '2026-01-02T00:00:00.000Z' } }),
      })),
      'deadline of a release',
    ],
    [
      'has other participants',
      onTried((event) => ({
        ...event,
        ...(event.intent && {
          intent: { ...event.intent, plan: { ...event.intent.plan, participants: [1, 2] } },
        }),
      })),
      'participants',
    ],
  ])('a release that %s', async (_, change, what) => {
    const world = new World();
    world.hold();
    world.void(change);
    expect((await world.audit()).what).toContain(what);
  });

  it('an expiry of one that has no time to expire at, which its kernel refuses', async () => {
    const world = new World();
    world.hold();
    expect(world.put(0, { kind: 'expire', tenant: TENANT, hold: HOLD })).toEqual([]);
    world.void((event) => {
      if (event.type !== 'hold.voided') return event;
      const { tenant, hold: transfer, released, entries } = event;
      return { type: 'hold.expired', tenant, transfer, released, entries };
    });
    expect((await world.audit()).what).toEqual(['expiry']);
  });

  it('a release that is not followed by what it frees', async () => {
    const world = new World();
    world.hold();
    const [release] = world.void((event) =>
      event.type === 'hold.voided' ? { ...event, released: [] } : event,
    );
    expect(release?.type).toBe('transfer.tried');
    expect((await world.audit()).what).toHaveLength(1);
  });

  it('a release canceled, and a step that names another hold or does something else', async () => {
    const canceled = new World();
    canceled.hold();
    const [first] = canceled.void();
    const reason = { code: 'operator' } as const;
    if (first?.type !== 'transfer.tried') throw new Error('no release');
    canceled.put(1, { kind: 'cancel', tenant: TENANT, transfer: first.transfer, coordinator: 0, reason });
    expect((await canceled.audit()).what).toEqual(['end of a release']);
    const other = new World();
    other.hold();
    other.carry(other.void()[0], (event) =>
      event.type === 'transfer.pivoted' ? { ...event, releases: idOf('another') } : event,
    );
    expect((await other.audit()).what).toEqual(['hold of a step']);
  });
});
