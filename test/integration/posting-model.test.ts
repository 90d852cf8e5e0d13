import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Claim } from '../../src/domain/claim.js';
import type { Command } from '../../src/domain/command.js';
import { decide } from '../../src/domain/decide.js';
import { evolve } from '../../src/domain/evolve.js';
import {
  type ClaimId,
  isTransferId,
  type ScheduleId,
  type TenantId,
  type TransferId,
} from '../../src/domain/ids.js';
import { decodeEvent } from '../../src/journal/decode.js';
import { createTestShards, TEST_ORIGIN, type TestShards } from '../support/cluster.js';
import { Books, spell } from '../support/kernel-checker.js';
import { ACCOUNTS, FUNDING, ledgerCommand, SAGAS } from '../support/ledger-commands.js';

/** As intake makes them: every key's claim has its operation's bits, and none is canceled before its key is taken. */
const withOwnClaim = <C extends { readonly tenant: TenantId }>(
  command: C,
  id: TransferId | ScheduleId,
): C | undefined => {
  if (isTransferId(id) && SAGAS.has(id)) return undefined;
  const kept = 'claim' in command ? (command.claim as Claim) : undefined;
  const request = kept?.request ?? 'aa';
  const { tenant } = command;
  const common = { tenant, namespace: 'client', key: id, subject: id, form: 1 } as const;
  return {
    ...command,
    claim: { id: `key_${id.split('_')[1]}` as ClaimId, ...common, request, fields: { legs: request } },
  };
};
function asIntakeMakes(command: Command): Command | undefined {
  switch (command.kind) {
    case 'post':
    case 'hold':
    case 'capture':
    case 'reverse':
      return withOwnClaim(command, command.transfer);
    case 'void':
    case 'change_account':
    case 'unschedule':
    case 'approve':
    case 'decline':
      return withOwnClaim(command, command.operation);
    case 'schedule':
      return withOwnClaim(command, command.schedule);
    case 'linked': {
      const items = command.items.map((item) => asIntakeMakes(item) as typeof item | undefined);
      return { ...command, items: items.filter((item) => item !== undefined) };
    }
    case 'try':
    case 'pivot':
    case 'confirm':
    case 'cancel':
      return SAGAS.has(command.transfer) ? command : undefined;
    case 'claim_key':
    case 'open_account':
    case 'raise_writer_version':
      return undefined;
    default:
      return command;
  }
}

let shards: TestShards;
afterEach(() => shards.close());

const BUCKETS = 4096;
const COMMANDS = 250;

describe('P2–P4: nodes that write one shard, each with a copy of its own', () => {
  it.each([1, 2, 3, 4])('answer and write as the kernel does in memory (seed %i)', async (seed) => {
    shards = await createTestShards(1);
    const nodes = [
      shards.writer(0),
      shards.writer(0, { cacheSizes: { accounts: 4, transfers: 4 } }),
      shards.writer(0),
    ];
    const books = new Books({ decide, evolve }, BUCKETS - 1);
    for (const command of [...ACCOUNTS, ...FUNDING]) await nodes[0]?.submit(command, TEST_ORIGIN);
    const commands = fc.sample(fc.tuple(ledgerCommand, fc.nat(2), fc.nat(5)), { numRuns: COMMANDS, seed });
    for (const [raw, node, again] of commands) {
      const command = asIntakeMakes(raw);
      if (command === undefined) continue;
      const answer = await nodes[node]?.submit(command, TEST_ORIGIN);
      expect(spell(answer as never)).toBe(spell(books.put(command)));
      // Often asked again, at whichever node.
      if (again > 2) continue;
      const repeat = await nodes[again]?.submit(command, TEST_ORIGIN);
      expect(spell(repeat as never)).toBe(spell(books.put(command)));
    }
    const { rows } = await shards.owner(0).query<{ body: string }>('SELECT body FROM events ORDER BY seq');
    const written = rows.map(({ body }) => decodeEvent(body).event);
    expect(written.slice(1)).toEqual(books.events.slice(1));
  });
});
