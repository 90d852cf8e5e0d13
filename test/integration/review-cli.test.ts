import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TransferId } from '../../src/domain/ids.js';
import type { TransferTerms } from '../../src/intake/requests.js';
import { USUAL_REVIEW_RULES } from '../../src/intake/review-rules.js';
import type { AccountView } from '../../src/routing/views.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { CZK } from '../support/compact-tenant.js';
import { operatorCli, withoutShard } from '../support/operator-cli.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { until } from '../support/until.js';

/** P4 for operators: a decision from the command line is one decision, however often and by however many it is asked for. */
let cluster: SagaCluster;
let here: AccountView;
let other: AccountView;
let far: AccountView;
let keys = 0;
const reviewRules = { ...USUAL_REVIEW_RULES, above: new Map([[CZK, 1_000_000n]]) };
const review = operatorCli(() => cluster.shards, 'review');

beforeAll(async () => {
  cluster = await startSagaCluster(2, { reviewRules });
  [here, other, far] = [
    await cluster.open('here', 0),
    await cluster.open('other', 0),
    await cluster.open('far', 1),
  ];
});
afterAll(async () => {
  await cluster.startRelays();
  await until('the journal is complete', async () => (await cluster.audit()).clean);
  await cluster.close();
});

/** A transfer that waits. */
async function waiting(
  from: AccountView,
  to: AccountView,
  amount: bigint,
  more: Partial<TransferTerms> = { review: true },
): Promise<TransferId> {
  keys += 1;
  const legs = [{ debit: from.id, credit: to.id, amount, asset: CZK }];
  const request = { tenant: cluster.tenant, key: `k${keys}`, legs, ...more };
  const answer = await cluster.ledger.intake.transfer(request, TEST_ORIGIN, { waitMs: 0 });
  if (answer.kind === 'refused') throw new Error(JSON.stringify(answer));
  expect(answer.transfer.status).toBe('review');
  return answer.transfer.id;
}
const statusOf = async (id: TransferId) => (await cluster.ledger.reader.transfer(cluster.tenant, id))?.status;

describe('saldo review', { timeout: 240_000 }, () => {
  it('lists what waits, of which account, how much, why and until when; shows one', async () => {
    const asked = await waiting(here, other, 150_050n);
    const large = await waiting(here, far, 1_000_001n, {});
    const hold = await waiting(far, here, 700n, { review: true, hold: {} });
    const listed = await review('list');
    expect(listed).toMatchObject({ status: 0, err: '' });
    expect(listed.out).toContain('transfers in review: 3');
    expect(listed.out).toContain(`1500.50 CZK from ${here.id} to ${other.id}`);
    expect(listed.out).toContain("it moves more than the cluster's rule (amount)");
    expect(listed.out).toMatch(/escalates at 20\S+Z, rejected at 20\S+Z unless decided/);
    const { reviews, more } = JSON.parse((await review('list', '--limit', '2', '--json')).out);
    expect(more).toBe(1);
    expect(reviews).toMatchObject([
      {
        tenant: 'acme',
        escalated: false,
        transfer: {
          id: asked,
          legs: [{ debit: here.id, credit: other.id, amount: '1500.50', asset: 'CZK' }],
          review: { reason: 'requested' },
        },
      },
      { transfer: { id: large, review: { reason: 'amount' }, shards: [0, 1] } },
    ]);
    expect((await review('list', '--tenant', 'nobody')).out).toBe('transfers in review: 0\n');
    const shown = await review('show', hold);
    expect(shown).toMatchObject({ status: 0, err: '' });
    expect(shown.out).toContain(`${hold}  review\nhold, tenant acme`);
    expect(shown.out).toMatch(/event 1-\d+ {2}transfer\.review {2}20\S+ {2}system:test/);
    for (const id of [asked, large, hold]) {
      expect(await review('decline', id, '--as', 'jana')).toMatchObject({ status: 0 });
      expect(await statusOf(id)).toBe('rejected');
    }
  });

  it('decides once, whatever it is told afterwards; the same command gets the same answer', async () => {
    const id = await waiting(here, other, 100n);
    const jana = ['--as', 'jana', '--note', 'called "them"\u001b[31m', '--json'] as const;
    const first = JSON.parse((await review('approve', id, ...jana)).out);
    expect(first).toMatchObject({
      decision: 'approve',
      replayed: false,
      transfer: { id, status: 'posted', review: { decision: 'approved', note: jana[3] } },
    });
    expect(JSON.parse((await review('approve', id, ...jana)).out)).toEqual({ ...first, replayed: true });
    const again = await review('approve', id, '--key', first.key, '--note', jana[3]);
    expect(again).toMatchObject({ status: 0 });
    expect(again.out).toContain('was approved by this key before: posted');
    const [refused, twice] = [
      await review('decline', id, '--as', 'petr'),
      await review('decline', id, '--as', 'petr'),
    ];
    expect(refused).toMatchObject({ status: 1, err: '' });
    expect(refused.out).toContain('(review_decided)');
    expect(refused.out).toContain('by operator:jana: "called \\"them\\"\\u001b[31m"');
    expect(twice).toEqual(refused);
    const reused = await review('approve', id, '--key', first.key, '--note', 'another');
    expect(reused).toMatchObject({ status: 1 });
    expect(reused.out).toContain('differ in "note". (idempotency_key_reused)');
    expect((await review('show', id)).out).toMatch(/review\.approved {2}20\S+ {2}operator:jana/);
  });

  it('takes one of several decisions at the same moment', async () => {
    const id = await waiting(far, here, 300n);
    const both = ['approve', 'decline', 'approve', 'decline'] as const;
    const answers = await Promise.all(both.map((what, n) => review(what, id, '--as', `operator ${n}`)));
    expect(answers.filter(({ status }) => status === 0)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 1)).toHaveLength(3);
    const approved = answers.some(({ status }, n) => status === 0 && both[n] === 'approve');
    expect(await statusOf(id)).toBe(approved ? 'processing' : 'rejected');
  });

  it('lets the saga of a transfer across shards begin, which the pump carries on', async () => {
    const id = await waiting(here, far, 500n);
    const approved = await review('approve', id);
    expect(approved).toMatchObject({ status: 0, err: '' });
    expect(approved.out).toContain('processing, the pump carries it to its other shards');
    cluster.startWorker();
    cluster.startPumps();
    await until('it is posted', async () => (await statusOf(id)) === 'posted');
  });

  it('with a shard away it lists the others and says so; what it can not decide it decides later', async () => {
    const [near, away] = [await waiting(here, other, 10n), await waiting(far, here, 20n)];
    const partly = operatorCli(() => cluster.shards, 'review', withoutShard(cluster.shards, 1));
    const listed = await partly('list');
    expect(listed).toMatchObject({ status: 2, err: '' });
    expect(listed.out).toContain(near);
    expect(listed.out).not.toContain(away);
    expect(listed.out).toContain('shard 1 does not answer, so nothing of it is listed:');
    expect(JSON.parse((await partly('list', '--json')).out).unreachable_shards).toEqual([1]);
    const failed = await partly('approve', away);
    expect(failed).toMatchObject({ status: 2, out: '' });
    expect(failed.err).toMatch(/^saldo: shard 1: .*\n$/);
    expect(await statusOf(away)).toBe('review');
    expect(await review('approve', away)).toMatchObject({ status: 0 });
  });

  it('says what is wrong in a sentence, and changes nothing', async () => {
    const posted = (await cluster.move('plain', here, other, 1n)).id;
    const unknown = `tr_${'0'.repeat(32)}`;
    for (const [args, error] of [
      [['show', unknown], `there is no transfer ${unknown}`],
      [['approve', posted], `${posted} never was in review: it is posted`],
      [['approve', 'nonsense'], 'tr_ and 32 hexadecimal digits'],
      [['decline', posted, '--note', 'x'.repeat(1_001)], '1 to 1000 characters'],
      [['decline', posted, '--as', 'a\nb'], 'A name of at most 64'],
      [['list', '--tenant', 'ACME'], "A tenant's id"],
      [['list', '--cluster', 'another'], 'the control database belongs to the cluster'],
    ] as const) {
      const answer = await review(...args);
      expect([args, answer.status, answer.out]).toEqual([args, 2, '']);
      expect(answer.err).toContain(error);
    }
  });
});
