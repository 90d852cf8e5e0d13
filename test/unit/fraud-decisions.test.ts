import { describe, expect, it } from 'vitest';
import type { LedgerEvent } from '../../src/domain/event.js';
import type { AccountId, TransferId } from '../../src/domain/ids.js';
import { tenantId } from '../../src/domain/ids.js';
import type { Plan } from '../../src/domain/transfer.js';
import type { FraudConfig, ReviewPolicy } from '../../src/fraud/config/fraud-config.js';
import { readConfig } from '../../src/fraud/config/read-config.js';
import { decisionOf, type Scored } from '../../src/fraud/review-decision.js';
import { CZK } from '../support/compact-tenant.js';

const config = (reviews: Partial<ReviewPolicy>): FraudConfig => {
  const rules = [{ kind: 'fan_in', name: 'r', score: 10, window: '1h', parties_above: 1 }];
  const read = readConfig(JSON.stringify({ alert_at: 1, review_at: 101, rules }), 'test');
  return { ...read, reviews: { ...read.reviews, ...reviews } };
};
const both = config({ approveBelow: 10, declineFrom: 80 });
const [a, b] = ['acc_a', 'acc_b'] as AccountId[] as [AccountId, AccountId];
const planned = { debit: a, credit: b, amount: 1n, asset: CZK, creditShard: 1 } as const;
const planOf = (debitShard: number): Plan => ({
  coordinator: 0,
  participants: [1],
  legs: [{ ...planned, debitShard }],
});
const review = (more: object = {}): LedgerEvent => ({
  type: 'transfer.review',
  tenant: tenantId('acme'),
  transfer: 'tr_1' as TransferId,
  step: 'post',
  reason: { code: 'amount' },
  legs: [],
  entries: [],
  ...more,
});
const scored = (...scores: readonly number[]): Scored[] =>
  scores.map((score) => ({
    account: `acc_${score}`,
    score,
    reasons: score === 0 ? [] : [{ rule: 'r', score, why: 'because' }],
  }));
const decided = (scores: readonly number[], by = both, event = review()) =>
  decisionOf('0-7', event, scored(...scores), by)?.decision;

describe('what the rules decide about a transfer in review', () => {
  it('goes by the highest score of its accounts; between the thresholds a person decides', () => {
    expect([0, 9, 10, 79, 80, 100].map((score) => decided([score]))).toEqual([
      'approve',
      'approve',
      undefined,
      undefined,
      'decline',
      'decline',
    ]);
    expect(decided([0, 79])).toBeUndefined();
    expect(decided([85, 0])).toBe('decline');
    expect([0, 100].map((score) => decided([score], config({ declineFrom: 80 })))).toEqual([
      undefined,
      'decline',
    ]);
    expect([0, 100].map((score) => decided([score], config({ approveBelow: 10 })))).toEqual([
      'approve',
      undefined,
    ]);
    expect([0, 100].map((score) => decided([score], config({})))).toEqual([undefined, undefined]);
  });

  it('is nothing where they know too little: nobody was scored, or money leaves other shards as well', () => {
    expect(decided([])).toBeUndefined();
    const [here, elsewhere] = [0, 1].map((shard) => review({ step: 'try', plan: planOf(shard) }));
    expect([decided([0], both, here), decided([0], both, elsewhere)]).toEqual(['approve', undefined]);
    expect(decided([90], both, elsewhere)).toBe('decline');
  });

  it('is only about reviews, of the reasons that it is for', () => {
    const onlyAmounts = config({ approveBelow: 10, reasons: ['amount'] });
    const asked = review({ reason: { code: 'requested' } });
    expect([decided([0], onlyAmounts), decided([0], onlyAmounts, asked)]).toEqual(['approve', undefined]);
    expect(decided([0], both, { ...review(), type: 'transfer.posted' } as LedgerEvent)).toBeUndefined();
  });

  it('says why, in no more than a note may hold, under a key of the transfer and the rules', () => {
    const found = decisionOf('0-7', review(), scored(0, 90), both);
    expect(found).toMatchObject({
      event: '0-7',
      score: 90,
      key: `saldo-fraud/review/tr_1/${both.ruleSet}`,
      note: `saldo fraud, rules ${both.ruleSet}: score 90 of acc_90, declined from 80; r: because`,
    });
    const many = Array.from({ length: 50 }, (_, n) => ({ rule: `r${n}`, score: 2, why: 'x'.repeat(100) }));
    const long = decisionOf('0-7', review(), [{ account: 'acc_x', score: 100, reasons: many }], both);
    expect(long?.note).toHaveLength(1_000);
  });
});
