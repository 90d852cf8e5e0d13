import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import type { Command } from '../../src/domain/command.js';
import { decide } from '../../src/domain/decide.js';
import type { LedgerEventType } from '../../src/domain/event.js';
import { evolve } from '../../src/domain/evolve.js';
import { REJECTIONS } from '../../src/domain/rejections.js';
import { type LedgerView, MemoryState } from '../../src/domain/state.js';
import { decodeEvent } from '../../src/journal/decode.js';
import { encodeEvent } from '../../src/journal/encode.js';
import { GENESIS_HASH } from '../../src/journal/envelope.js';
import { hashOf } from '../../src/journal/hash.js';
import { SagaProtocol } from '../../workflows/saga-protocol.js';
import { EventSchemas, publishedSchemas, typesWithSchema } from '../support/event-schemas.js';
import { commandLists } from '../support/kernel-checker.js';
import { ACCOUNTS, FUNDING, LAST_BUCKET, SHARD } from '../support/ledger-commands.js';
import { checkSagas } from '../support/saga-checker.js';

const times = inject('runsTimes') ?? 1;
const schemas = new EventSchemas();

/** Complete by the compiler: a new type of event or command does not compile until it stands here. */
const TYPES: Record<LedgerEventType, true> = {
  'shard.opened': true,
  'writer_version.raised': true,
  'tenant.created': true,
  'account.opened': true,
  'account.changed': true,
  'account.change_rejected': true,
  'key.claimed': true,
  'transfer.posted': true,
  'transfer.held': true,
  'transfer.captured': true,
  'hold.voided': true,
  'hold.expired': true,
  'transfer.tried': true,
  'transfer.pivoted': true,
  'transfer.rejected': true,
  'transfer.confirmed': true,
  'transfer.canceled': true,
  'schedule.created': true,
  'schedule.fired': true,
  'schedule.skipped': true,
  'schedule.canceled': true,
  'signing_key.added': true,
  'checkpoint.signed': true,
  'transfer.review': true,
  'review.approved': true,
  'review.declined': true,
  'review.expired': true,
};
const KINDS: Record<Command['kind'], true> = {
  open_shard: true,
  raise_writer_version: true,
  create_tenant: true,
  open_account: true,
  change_account: true,
  claim_key: true,
  post: true,
  hold: true,
  capture: true,
  void: true,
  expire: true,
  reverse: true,
  linked: true,
  try: true,
  pivot: true,
  confirm: true,
  cancel: true,
  schedule: true,
  fire: true,
  skip: true,
  unschedule: true,
  add_signing_key: true,
  sign_checkpoint: true,
  approve: true,
  decline: true,
  expire_review: true,
};

/** A whole state as one text: equal texts are equal states, byte for byte. */
function textOf(state: MemoryState): string {
  const { tenants, accounts, transfers, claims, schedules } = state;
  const lines = [tenants, accounts, transfers, claims, schedules].flatMap((map) =>
    [...map].map(([key, value]: readonly [string, object]) => `${key} ${spelt(value)}`).sort(),
  );
  return [JSON.stringify(state.identity()), JSON.stringify(state.signing()), ...lines].join('\n');
}

/** The kernel replaces what changes and never writes into it, so each object is spelt once. */
const spellings = new WeakMap<object, string>();
function spelt(value: object): string {
  const known = spellings.get(value);
  if (known !== undefined) return known;
  const plain: unknown = JSON.parse(
    JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? `${field}n` : field)),
  );
  const text = canonicalize(plain) ?? '';
  spellings.set(value, text);
  return text;
}

/** A shard with a journal of texts, and beside it the state that the texts alone rebuild. */
class Journaled {
  readonly state = new MemoryState(SHARD);
  readonly rebuilt = new MemoryState(SHARD);
  readonly texts: string[] = [];
  private prev = GENESIS_HASH;
  private text = textOf(this.state);

  /** True if the command changed the state. */
  put(command: Command): boolean {
    const before = this.text;
    const { events } = decide(this.state, command, this.texts.length + 1);
    for (const event of events) {
      const seq = this.texts.length + 1;
      const at = { cluster: 'test', shard: SHARD, seq, time: '2026-01-01T00:00:00.000Z', prev: this.prev };
      const text = encodeEvent(event, { actor: 'system:test', cause: 'req_1' }, at);
      evolve(this.state, event, seq);
      const decoded = decodeEvent(text);
      evolve(this.rebuilt, decoded.event, decoded.seq);
      this.texts.push(text);
      this.prev = hashOf(text);
    }
    const after = textOf(this.state);
    if (events.length === 0) expect(after, `${command.kind} without an event changes nothing`).toBe(before);
    else expect(textOf(this.rebuilt), `the events of ${command.kind} rebuild the state`).toBe(after);
    this.text = after;
    return after !== before;
  }
}

const journaled = (): Journaled => {
  const books = new Journaled();
  books.put({ kind: 'open_shard', cluster: 'test', buckets: [[0, LAST_BUCKET]] });
  for (const command of [...ACCOUNTS, ...FUNDING]) books.put(command);
  return books;
};

describe('the schemas of the events', () => {
  it('are one for each type, and no more', () => {
    expect(typesWithSchema().sort()).toEqual(
      Object.keys(TYPES)
        .map((type) => `saldo.${type}`)
        .sort(),
    );
  });

  it('know every rejection', () => {
    const { $defs } = publishedSchemas().get('common.json') as {
      $defs: { rejection: { properties: { code: { enum: string[] } } } };
    };
    expect([...$defs.rejection.properties.code.enum].sort()).toEqual(Object.keys(REJECTIONS).sort());
  });

  it('P7: every command kind that changes the state has an event, every event is valid, and the texts alone rebuild the state', () => {
    const changed = new Set<Command['kind']>(['open_shard']);
    const samples = new Map<string, string>();
    fc.assert(
      fc.property(commandLists, (commands) => {
        const books = journaled();
        for (const command of commands) if (books.put(command)) changed.add(command.kind);
        for (const text of books.texts) {
          expect(schemas.faultsOf(text)).toEqual([]);
          samples.set((JSON.parse(text) as { type: string }).type, text);
        }
      }),
      { numRuns: 400 * times },
    );
    // No run past the point.
    expect([...changed].sort()).toEqual(Object.keys(KINDS).sort());
    expect([...samples.keys()].sort()).toEqual(typesWithSchema().sort());
    for (const text of samples.values())
      for (const wrong of wrongOnes(text)) {
        expect(schemas.faultsOf(wrong), wrong).not.toEqual([]);
      }
  });

  it('P7: hold for the events of sagas over several shards, canceled ones too', async () => {
    const types = new Set<string>();
    const kernel = {
      evolve,
      decide: <C extends Command>(view: LedgerView, command: C, nextSeq: number) => {
        const decision = decide(view, command, nextSeq);
        for (const [index, event] of decision.events.entries()) {
          const at = {
            cluster: 'test',
            shard: view.shard,
            seq: nextSeq + index,
            time: '2026-01-01T00:00:00.000Z',
            prev: GENESIS_HASH,
          };
          expect(schemas.faultsOf(encodeEvent(event, { actor: 'system:saga' }, at))).toEqual([]);
          types.add(event.type);
        }
        return decision;
      },
    } as const;
    const parts = { Protocol: SagaProtocol, kernel };
    await checkSagas(parts, { shards: [2, 4], legs: 5, transfers: 6 }, { numRuns: 300 * times });
    for (const type of ['tried', 'pivoted', 'confirmed', 'canceled', 'rejected']) {
      expect(types).toContain(`transfer.${type}`);
    }
  });
});

/** An event with, in turn, an unknown attribute, an unknown field of data, each field of the type missing, money as a number. */
function* wrongOnes(text: string): Generator<string> {
  const event = JSON.parse(text) as { type: string; data: Record<string, unknown> };
  yield JSON.stringify({ ...event, surprise: 1 });
  yield JSON.stringify({ ...event, data: { ...event.data, surprise: 1 } });
  yield JSON.stringify({ ...event, prev: 'none' });
  yield JSON.stringify({ ...event, data: {} });
  yield text.replace(/"(\d+)-(\d+)"/, '"$1"');
  if (text.includes('"amount":"')) yield text.replace(/"amount":"(\d+)"/, '"amount":$1');
  if (text.includes('"after":[')) yield text.replace(/"after":\["\d+",/, '"after":[');
  if (!('tenant' in event)) yield JSON.stringify({ ...event, tenant: 'acme' });
  else yield JSON.stringify({ ...event, tenant: undefined });
}
