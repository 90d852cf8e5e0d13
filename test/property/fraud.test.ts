import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { toJournalEvent } from '../../src/consumer/index.js';
import { readBankRows } from '../../src/demo/bank-rows.js';
import type { LedgerEvent } from '../../src/domain/event.js';
import { alertText } from '../../src/fraud/alert.js';
import { readConfig } from '../../src/fraud/config/read-config.js';
import { renderReport, reportJson, reportOf } from '../../src/fraud/report.js';
import { decisionData } from '../../src/fraud/review-decision.js';
import { ShardFraud, type Verdict } from '../../src/fraud/shard-fraud.js';
import { type Movement, SlidingWindow } from '../../src/fraud/sliding-window.js';
import { decodeEvent } from '../../src/journal/decode.js';
import { afterReviews, bankEvents, journalOf } from '../support/bank-journal.js';
import { bankRules } from '../support/fraud-rules.js';

const times = inject('runsTimes') ?? 1;

const movement = fc.record({
  step: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 4 }) }, fc.integer({ min: 0, max: 40 })),
  amount: fc.bigInt({ min: 1n, max: 1_000n }),
  parties: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 }),
});

describe('a sliding window', () => {
  it('has the count, sum and parties of adding up everything that is in it', () => {
    fc.assert(
      fc.property(
        fc.array(movement, { maxLength: 200 }),
        fc.integer({ min: 1, max: 30 }),
        (steps, length) => {
          const window = new SlidingWindow(length);
          const all: Movement[] = [];
          let at = 0;
          for (const { step, amount, parties } of steps) {
            at += step;
            all.push({ at, amount, parties });
            window.add({ at, amount, parties });
            const inside = all.filter((one) => one.at > at - length);
            expect(window.count).toBe(inside.length);
            expect(window.sum).toBe(inside.reduce((sum, one) => sum + one.amount, 0n));
            expect(window.parties).toBe(new Set(inside.flatMap((one) => one.parties)).size);
          }
        },
      ),
      { numRuns: 200 * times },
    );
  });
});

const texts = journalOf(afterReviews(bankEvents()), 'bank').slice(0, 6_000);
const events = texts.map((text) => toJournalEvent(decodeEvent(text), text));
/** Everything scores, so that alerts show all that the rules remember. */
const sharp = readConfig(
  JSON.stringify({
    time: 'effective',
    alert_at: 1,
    review_at: 60,
    reviews: { approve_below: 20, decline_from: 60 },
    exempt: { unlimited: true },
    rules: [
      { kind: 'velocity', name: 'v', score: 20, window: '2d', count_above: 1 },
      {
        kind: 'velocity',
        name: 'w',
        score: 20,
        window: '30d',
        side: 'credit',
        amount_above: { CZK: '3000' },
      },
      { kind: 'unusual_amount', name: 'u', score: 20, after: 1, times: 2 },
      { kind: 'fan_out', name: 'o', score: 20, window: '60d', parties_above: 1 },
      { kind: 'fan_in', name: 'i', score: 20, window: '60d', parties_above: 1 },
      { kind: 'new_counterparty', name: 'n', score: 20, after: 1 },
      {
        kind: 'structuring',
        name: 's',
        score: 20,
        window: '60d',
        limit: { CZK: '5000' },
        within_percent: 50,
        count: 2,
      },
    ],
  }),
  'sharp',
);

/** All that the rules say of an event, in the words in which it is published and sent. */
const said = ({ alerts, decision }: Verdict): string[] => [
  ...alerts.map((alert) => alertText('bank', alert)),
  ...(decision === undefined ? [] : [JSON.stringify(decisionData(decision))]),
];
const told = (state: ShardFraud, from: number, to: number): string[] =>
  events.slice(from, to).flatMap((event) => said(state.take(event)));

describe('what the rules know of a shard', () => {
  const whole = told(new ShardFraud(sharp), 0, events.length);

  it('is rebuilt exactly from the journal: restarts at any events change no alert, nor do repeats', () => {
    expect(whole.length).toBeGreaterThan(1_000);
    for (const text of ['"action":"review_debits"', '"decision":"approve"', '"decision":"decline"'])
      expect(whole.some((one) => one.includes(text))).toBe(true);
    const cuts = fc.uniqueArray(fc.integer({ min: 0, max: events.length }), { maxLength: 4 });
    fc.assert(
      fc.property(cuts, (at) => {
        const ends = [...at.sort((a, b) => a - b), events.length];
        const found: string[] = [];
        let from = 0;
        for (const to of ends) {
          const state = new ShardFraud(sharp);
          told(state, 0, from);
          found.push(...told(state, from, to));
          // The last one once more, as after a handler that failed behind it.
          const last = events[to - 1];
          if (last !== undefined && to > from) {
            const again = said(state.take(last));
            expect(found.slice(found.length - again.length)).toEqual(again);
          }
          from = to;
        }
        expect(found).toEqual(whole);
      }),
      { numRuns: 8 * times },
    );
  });

  it('judges what waits for a review as what is posted at once, each once', () => {
    const atOnce = bankEvents(readBankRows().slice(0, 2_000));
    const alertsOf = (all: readonly LedgerEvent[]) => {
      const state = new ShardFraud(sharp);
      return journalOf(all, 'bank').flatMap((text) =>
        state.take(toJournalEvent(decodeEvent(text), text)).alerts.map(({ event: _, ...alert }) => alert),
      );
    };
    const expected = alertsOf(atOnce);
    expect(expected.length).toBeGreaterThan(500);
    expect(alertsOf(afterReviews(atOnce))).toEqual(expected);
  });

  it('does not depend on how the shards come in beside each other, or on any clock', () => {
    const ledger = bankEvents();
    const others = journalOf([...ledger.slice(0, 900), ...ledger.slice(-2_000)], 'bank', 1).map((text) =>
      toJournalEvent(decodeEvent(text), text),
    );
    const alone = new ShardFraud(sharp);
    const expected = others.flatMap((event) => said(alone.take(event)));
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: 1, max: 400 })), (lengths) => {
        const [zero, one] = [new ShardFraud(sharp), new ShardFraud(sharp)];
        const found: [string[], string[]] = [[], []];
        let [a, b] = [0, 0];
        while (a < events.length || b < others.length) {
          const [more, less] = [lengths.next().value ?? 1, lengths.next().value ?? 1];
          found[0].push(...told(zero, a, a + more));
          for (const event of others.slice(b, b + less)) found[1].push(...said(one.take(event)));
          a += more;
          b += less;
        }
        expect(found).toEqual([whole, expected]);
      }),
      { numRuns: 3 * times },
    );
  });
});

describe('the Czech bank’s nine months by the rules in examples', () => {
  it('flags what the rules are for, says why, and says it in the same order each time', async () => {
    const all = journalOf(bankEvents(), 'bank');
    const report = () =>
      reportOf({
        read: async function* () {
          for (let at = 0; at < all.length; at += 1_000) yield all.slice(at, at + 1_000);
        },
        cluster: 'bank',
        upTo: [all.length],
        config: bankRules(),
        onProgress: () => undefined,
      });
    const [one, two] = [await report(), await report()];
    expect(reportJson(one, bankRules())).toEqual(reportJson(two, bankRules()));
    expect(one.scored).toBe(13_608);
    const json = reportJson(one, bankRules());
    expect(json.rules.filter(({ alerts }) => alerts > 0).length).toBeGreaterThanOrEqual(5);
    expect(json.put_under_review.length).toBeGreaterThan(0);
    expect(new Set(json.put_under_review).size).toBe(json.put_under_review.length);
    expect(renderReport(one, bankRules(), 3)).toMatch(
      /more than 4 times the average [\d.]+ CZK of \d+ debits/,
    );
  });
});
