import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';
import { InvalidConfigError } from '../../src/config/yaml-file.js';
import { readConfig } from '../../src/fraud/config/read-config.js';

const faultsOf = (text: string): readonly string[] => {
  try {
    readConfig(text, 'rules.yaml');
  } catch (error) {
    if (error instanceof InvalidConfigError) return error.faults;
    throw error;
  }
  return [];
};
const withRule = (rule: string): string => `{ alert_at: 30, review_at: 60, rules: [ ${rule} ] }`;

const fanIn = '{ kind: fan_in, name: a, score: 1, window: 1h, parties_above: 2 }';
const withReviews = (reviews: string): string =>
  `{ alert_at: 30, review_at: 60, rules: [ ${fanIn} ], reviews: ${reviews} }`;

describe('a file of rules', () => {
  it('the one in examples is read, with amounts in minor units and windows in milliseconds', () => {
    const text = readFileSync(join(packageRoot(), 'examples/fraud-rules.yaml'), 'utf8');
    const { rules, time, exempt } = readConfig(text, 'fraud-rules.yaml');
    expect(new Set(rules.map(({ kind }) => kind)).size).toBe(6);
    expect(rules.find(({ name }) => name === 'much-in-a-week')).toMatchObject({
      windowMs: 7 * 86_400_000,
      amountAbove: new Map([['CZK/2', 8_000_000n]]),
    });
    expect([time, exempt.unlimited]).toEqual(['effective', true]);
  });

  it('may be JSON', () => {
    const rule = { kind: 'fan_in', name: 'mule', score: 50, window: '1h', parties_above: 4 };
    const { rules } = readConfig(
      JSON.stringify({ alert_at: 1, review_at: 101, rules: [rule] }),
      'rules.json',
    );
    expect(rules).toEqual([
      { kind: 'fan_in', name: 'mule', score: 50, window: '1h', windowMs: 3_600_000, partiesAbove: 4 },
    ]);
  });

  it.each([
    ['alert_at: [', 'at line 1'],
    ['{}', 'the file: "rules" is missing'],
    [
      withRule('{ kind: velocty, name: a, score: 1 }'),
      'rules/0: kind must be one of velocity, unusual_amount, fan_out, fan_in, new_counterparty, structuring, not "velocty"',
    ],
    [
      withRule('{ kind: fan_in, name: a, score: 1, window: 1h, parties_above: 2, windw: 2h }'),
      'rules/0: nothing is called "windw" here',
    ],
    [withRule('{ kind: fan_in, name: a, score: 1, window: 1h }'), 'rules/0: "parties_above" is missing'],
    [
      withRule('{ kind: fan_in, name: a, score: 1, window: 1 hour, parties_above: 2 }'),
      'rules/0/window: "1 hour" is not of the form',
    ],
    [
      withRule('{ kind: fan_in, name: a, score: 101, window: 1h, parties_above: 2 }'),
      'rules/0/score: must be <= 100, not 101',
    ],
    [
      withRule('{ kind: velocity, name: a, score: 1, window: 1h }'),
      'rules/0: a velocity rule needs count_above or amount_above',
    ],
    [
      withRule('{ kind: velocity, name: a, score: 1, window: 1h, amount_above: { CZX: "1" } }'),
      'rules/0 (a)/amount_above: "CZX" is no asset',
    ],
    [
      withRule('{ kind: velocity, name: a, score: 1, window: 1h, amount_above: { CZK: "1.005" } }'),
      'rules/0 (a)/amount_above: "1.005" is no amount of CZK (too precise)',
    ],
    [
      withRule(Array(2).fill('{ kind: fan_in, name: a, score: 1, window: 1h, parties_above: 2 }').join()),
      'rules: "a" is the name of two rules',
    ],
    [
      '{ alert_at: 50, review_at: 40, rules: [{ kind: fan_in, name: a, score: 1, window: 1h, parties_above: 2 }] }',
      'review_at must not be below alert_at',
    ],
    [withReviews('{ approve_below: 0 }'), 'reviews/approve_below: must be >= 1, not 0'],
    [withReviews('{ decline_from: 101 }'), 'reviews/decline_from: must be <= 100, not 101'],
    [withReviews('{ decline_from: 29 }'), 'reviews: decline_from must not be below alert_at'],
    [
      withReviews('{ approve_below: 60, decline_from: 50 }'),
      'reviews: approve_below must not be above decline_from',
    ],
    [
      withReviews('{ reasons: [amounts] }'),
      'reviews/reasons/0: must be one of account, amount, requested, not "amounts"',
    ],
    [withReviews('{ approve_under: 5 }'), 'reviews: nothing is called "approve_under" here'],
  ])('%s: says what is wrong and where', (text, fault) => {
    expect(faultsOf(text).join('\n')).toContain(fault);
    expect(() => readConfig(text, 'rules.yaml')).toThrow(/^rules\.yaml has /);
  });

  it('decides no review unless it says so; names its rules by what it says, not by how', () => {
    const { reviews, ruleSet } = readConfig(withRule(fanIn), 'rules.yaml');
    expect(reviews).toEqual({
      approveBelow: 0,
      declineFrom: 101,
      reasons: ['account', 'amount', 'requested'],
    });
    const told = readConfig(withReviews('{ approve_below: 10, reasons: [amount] }'), 'rules.yaml');
    expect(told.reviews).toEqual({ approveBelow: 10, declineFrom: 101, reasons: ['amount'] });
    const laidOut = JSON.stringify(
      {
        rules: [{ parties_above: 2, window: '1h', score: 1, name: 'a', kind: 'fan_in' }],
        review_at: 60,
        alert_at: 30,
      },
      undefined,
      2,
    );
    expect(ruleSet).toMatch(/^[0-9a-f]{12}$/);
    expect(readConfig(laidOut, 'rules.json').ruleSet).toBe(ruleSet);
    expect(told.ruleSet).not.toBe(ruleSet);
  });

  it('tells every fault at once', () => {
    const text = '{ alert_at: 0, review_at: 60, rulez: [], rules: [{ kind: fan_in, name: A, score: 1 }] }';
    expect(faultsOf(text).length).toBeGreaterThanOrEqual(5);
  });
});
