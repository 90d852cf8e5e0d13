import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountStatus } from '../../src/domain/account.js';
import type { AccountView } from '../../src/routing/views.js';
import { checkBooks } from '../support/check-books.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';

/*
 * P6: what confirm and cancel need was set aside by the try, so that nothing that happens to an account after it can
 * refuse them. Method: transfers are tried, then their accounts are frozen or are to be closed, then the sagas go on.
 */
const STATUSES = ['frozen', 'frozen_debits', 'frozen_credits', 'closed'] as const;
const NOTHING = { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n };
let cluster: SagaCluster;
let changes = 0;
let going = false;

beforeAll(async () => {
  cluster = await startSagaCluster(2);
});
afterAll(async () => {
  await checkBooks(cluster.shards.owner(0));
  await checkBooks(cluster.shards.owner(1));
  await cluster.close();
});

/** What an account's change is answered: what it came to, or why not. */
async function change({ id }: AccountView, status: AccountStatus): Promise<string | undefined> {
  changes += 1;
  const request = { tenant: cluster.tenant, key: `change ${changes}`, account: id, change: { status } };
  const answer = await cluster.ledger.intake.changeAccount(request, TEST_ORIGIN);
  if (answer.kind === 'refused') return answer.rejection.code;
  return answer.rejection?.code ?? answer.change.status;
}
const countersOf = async ({ id }: AccountView) =>
  (await cluster.ledger.reader.account(cluster.tenant, id))?.counters;

/** Everything that was only tried so far goes on from here. */
function letGo(): void {
  if (!going) cluster.startWorker();
  if (!going) cluster.startPumps();
  going = true;
}

describe('P6: transfers that were tried, and whose accounts have changed since', () => {
  const tried = async (name: string, limits = {}) => {
    const [from, to] = [await cluster.open(`from ${name}`, 0), await cluster.open(`to ${name}`, 1, limits)];
    const { id, status } = await cluster.move(name, from, to, 5n, 0);
    expect(status).toBe('processing');
    return { name, id, from, to };
  };

  it('are compensated, confirmed or refused at the pivot as if nothing had happened to what is set aside', async () => {
    const compensated = await Promise.all(
      STATUSES.map((status) => tried(`compensated ${status}`, { maxBalance: 0n })),
    );
    const late = await Promise.all(STATUSES.map((status) => tried(`late ${status}`)));
    const decided = await tried('decided');
    await cluster.ledger.steps.carryOut('pivot', {
      shard: 1,
      coordinator: 0,
      items: [{ transfer: decided.id }],
    });
    for (const [n, status] of STATUSES.entries()) {
      const [payer, payee] = [compensated[n]?.from, late[n]?.to];
      if (payer === undefined || payee === undefined) throw new Error('not tried');
      // A payer with something set aside can not be closed; a payee who was not yet asked can.
      expect(await change(payer, status)).toBe(status === 'closed' ? 'account_not_empty' : status);
      expect(await change(payee, status)).toBe(status);
    }
    expect(await change(decided.from, 'frozen')).toBe('frozen');
    expect(await change(decided.to, 'frozen')).toBe('frozen');
    letGo();
    for (const { name, from, to } of compensated) {
      const end = await cluster.move(name, from, to, 5n);
      expect(end).toMatchObject({ status: 'rejected', rejection: { code: 'balance_limit_exceeded' } });
      expect(await countersOf(from)).toEqual(NOTHING);
      expect(await change(from, 'closed')).toBe('closed');
    }
    const codes = [];
    for (const { name, from, to } of late) {
      const end = await cluster.move(name, from, to, 5n);
      codes.push(end.status === 'rejected' ? end.rejection?.code : end.status);
      const moved = end.status === 'posted' ? { ...NOTHING, debitsPosted: 5n } : NOTHING;
      expect(await countersOf(from)).toEqual(moved);
    }
    // Who may only not be debited can be credited.
    expect(codes).toEqual(['account_frozen', 'posted', 'account_frozen', 'account_closed']);
    expect(await cluster.move('decided', decided.from, decided.to, 5n)).toMatchObject({ status: 'posted' });
    expect(await countersOf(decided.to)).toEqual({ ...NOTHING, creditsPosted: 5n });
  });
});
