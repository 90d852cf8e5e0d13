import { expect, it } from 'vitest';
import { inDoubtJson, renderInDoubt, renderSaga, sagaJson } from '../../src/cli/saga-report.js';
import { keyDigest, tenantId, transferIdOf } from '../../src/domain/ids.js';
import { NEVER } from '../../src/domain/transfer.js';
import type { OpenSaga } from '../../src/saga/open-saga.js';

const TENANT = tenantId('acme');
const NOW = new Date('2026-01-01T00:00:10.000Z');
const FOUND = { query: 'SaldoFirst <= 5', workflows: [] };

/** Two of its shards have ended their part, its coordinator as `state` says. */
function sagaOf(kind: OpenSaga['kind'], state: OpenSaga['state']): OpenSaga {
  const step = (shard: number, role: 'coordinator' | 'pivot', says: 'tried' | 'posted') =>
    ({ shard, role, says, at: NOW.toISOString(), event: `${shard}-7` }) as const;
  return {
    transfer: transferIdOf(0, keyDigest(TENANT, 'client', kind)),
    tenant: TENANT,
    kind,
    since: '2026-01-01T00:00:00.000Z',
    deadline: NEVER,
    route: [0, 1],
    state,
    steps: [step(0, 'coordinator', state === 'posted' ? 'posted' : 'tried'), step(1, 'pivot', 'posted')],
    legs: [],
    event: '0-5',
  };
}

it.each([
  ['hold', 'posting', 'holding', 'held'],
  ['hold', 'posted', 'held', 'held'],
  ['release', 'posting', 'freeing', 'freed'],
  ['release', 'posted', 'freed', 'freed'],
  ['capture', 'posting', 'posting', 'posted'],
  ['transfer', 'posted', 'posted', 'posted'],
] as const)('of a %s that is %s, text and JSON say the same: %s', (kind, state, word, done) => {
  const saga = sagaOf(kind, state);
  const says = [state === 'posted' ? done : 'tried', done];
  const told = { state: word, steps: says.map((one) => ({ says: one })) };
  expect(sagaJson(saga, FOUND, NOW, 1)).toMatchObject(told);
  const inDoubt = { sagas: [saga], more: 0, pairs: [], unreachable: [], reasons: [] };
  expect(inDoubtJson(inDoubt, NOW, 1).transfers).toMatchObject([told]);
  const listed = renderInDoubt(inDoubt, NOW, 1);
  expect(listed).toContain(`${saga.transfer}  ${word}  `);
  expect(listed).toContain(`shard 0: ${says[0]}, shard 1: ${done}`);
  const shown = renderSaga(saga, FOUND, NOW, 1);
  expect(shown).toContain(`${saga.transfer}  ${word}`);
  expect(shown).toContain(`shard 1 (pivot): ${done} at`);
});
