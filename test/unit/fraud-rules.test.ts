import { describe, expect, it } from 'vitest';
import type { Rule, Side } from '../../src/fraud/config/fraud-config.js';
import { readConfig } from '../../src/fraud/config/read-config.js';
import { watchFor } from '../../src/fraud/rules.js';
import { CZK } from '../support/compact-tenant.js';

const HOUR = 3_600_000;

function rule(fields: object): Rule {
  const text = JSON.stringify({ alert_at: 1, review_at: 1, rules: [{ name: 'r', score: 10, ...fields }] });
  const [one] = readConfig(text, 'test').rules;
  if (one === undefined) throw new Error('no rule');
  return one;
}

/** Hours, amount in crowns, other account, side. */
type Step = readonly [at: number, crowns: number, party: string, side?: Side];

/** What a rule says of each of a row of activities of one account. */
function verdicts(fields: object, steps: readonly Step[]): (string | undefined)[] {
  const watch = watchFor(rule(fields));
  return steps.map(([hours, crowns, party, side = 'debit']) =>
    watch.take({ at: hours * HOUR, amount: BigInt(crowns * 100), parties: [party], side, asset: CZK }),
  );
}
const fired = (fields: object, steps: readonly Step[]): boolean[] =>
  verdicts(fields, steps).map((why) => why !== undefined);

describe('velocity', () => {
  const count = { kind: 'velocity', window: '2h', count_above: 2 };
  const amount = { kind: 'velocity', window: '2h', amount_above: { CZK: '100.00' } };

  it('counts what is within the window, the event included, the far end excluded', () => {
    const steps: Step[] = [
      [0, 1, 'a'],
      [1, 1, 'a'],
      [1.5, 1, 'a'],
      [2, 1, 'a'],
      [3.9, 1, 'a'],
    ];
    expect(fired(count, steps)).toEqual([false, false, true, true, false]);
    expect(verdicts(count, steps)[2]).toBe('3 debits in 2h, more than 2');
  });

  it('adds amounts up to the very amount', () => {
    const steps: Step[] = [
      [0, 60, 'a'],
      [1, 40, 'b'],
      [1, 1, 'c'],
      [2.5, 1, 'c'],
    ];
    expect(fired(amount, steps)).toEqual([false, false, true, false]);
    expect(verdicts(amount, steps)[2]).toBe('101.00 CZK of debits in 2h, more than 100.00 CZK');
  });

  it('looks at one side only, and at no amount of another asset', () => {
    expect(
      fired({ ...count, side: 'credit' }, [
        [0, 1, 'a', 'credit'],
        [0, 1, 'a'],
        [0, 1, 'a', 'credit'],
        [0, 1, 'a', 'credit'],
      ]),
    ).toEqual([false, false, false, true]);
    expect(fired({ ...amount, amount_above: { EUR: '1' } }, [[0, 1_000, 'a']])).toEqual([false]);
  });
});

describe('unusual amount', () => {
  it('compares with the average of the debits before, once there are enough', () => {
    const fields = { kind: 'unusual_amount', after: 2, times: 3 };
    const steps: Step[] = [
      [0, 1_000, 'a', 'credit'],
      [0, 10, 'a'],
      [1, 20, 'a'],
      [2, 45, 'a'],
      [3, 76, 'a'],
    ];
    // Three times 15, then three times 25.
    expect(fired(fields, steps)).toEqual([false, false, false, false, true]);
    expect(verdicts(fields, steps)[4]).toBe(
      '76.00 CZK is more than 3 times the average 25.00 CZK of 3 debits',
    );
  });

  it('keeps quiet below the least amount', () => {
    const fields = { kind: 'unusual_amount', after: 1, times: 2, at_least: { CZK: '50' } };
    expect(
      fired(fields, [
        [0, 10, 'a'],
        [1, 49, 'a'],
        [2, 500, 'a'],
      ]),
    ).toEqual([false, false, true]);
  });
});

describe('fan-out and fan-in', () => {
  it('count different accounts, each once, within the window', () => {
    const steps: Step[] = [
      [0, 1, 'a'],
      [0, 1, 'a'],
      [1, 1, 'b'],
      [1, 1, 'c'],
      [24.5, 1, 'b'],
    ];
    expect(fired({ kind: 'fan_out', window: '24h', parties_above: 2 }, steps)).toEqual([
      false,
      false,
      false,
      true,
      false,
    ]);
    expect(fired({ kind: 'fan_in', window: '24h', parties_above: 1 }, steps)).not.toContain(true);
    expect(
      verdicts({ kind: 'fan_in', window: '24h', parties_above: 1 }, [
        [0, 1, 'a', 'credit'],
        [1, 1, 'b', 'credit'],
      ]),
    ).toEqual([undefined, '2 different accounts paid it in 24h, more than 1']);
  });
});

describe('new counterparty', () => {
  it('is the first debit to an account, by one with a history', () => {
    const fields = { kind: 'new_counterparty', after: 2, at_least: { CZK: '5' } };
    const steps: Step[] = [
      [0, 9, 'a'],
      [1, 9, 'b'],
      [2, 9, 'a'],
      [3, 9, 'c'],
      [4, 9, 'c'],
      [5, 4, 'd'],
    ];
    expect(fired(fields, steps)).toEqual([false, false, false, true, false, false]);
    expect(verdicts(fields, steps)[3]).toBe('9.00 CZK to c, for the first time after 3 debits');
  });
});

describe('structuring', () => {
  it('counts amounts just below the limit, and neither the limit itself nor small ones', () => {
    const fields = {
      kind: 'structuring',
      window: '48h',
      limit: { CZK: '100' },
      within_percent: 10,
      count: 3,
    };
    const steps: Step[] = [
      [0, 90, 'a'],
      [1, 100, 'a'],
      [1, 89, 'a'],
      [2, 99, 'a'],
      [3, 95, 'b'],
      [60, 95, 'b'],
    ];
    expect(fired(fields, steps)).toEqual([false, false, false, false, true, false]);
    expect(verdicts(fields, steps)[4]).toBe('3 debits within 10 % below 100.00 CZK in 48h');
  });
});
