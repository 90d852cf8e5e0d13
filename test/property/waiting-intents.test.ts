import fc from 'fast-check';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { WaitingIntents } from '../../src/saga/waiting-intents.js';
import type { OpenIntent } from '../../src/storage/statements/read-open-intents.js';

/** A shard's open intents, answering the one statement that reads them. */
class Shard {
  readonly open: { seq: number; route: string }[] = [];
  head = 0;

  add(route: string): void {
    this.head += 1;
    this.open.push({ seq: this.head, route });
  }

  query({ values: [after, except, limit] }: { values: [number, string[], number] }) {
    const found = this.open
      .filter(({ seq, route }) => seq > after && !except.includes(route))
      .slice(0, limit);
    const row = { head: String(this.head), transfer: '0', tenant: 'acme', deadline: '0' };
    if (found.length === 0) return Promise.resolve({ rows: [{ ...row, seq: null, route: '' }] });
    return Promise.resolve({ rows: found.map(({ seq, route }) => ({ ...row, seq: String(seq), route })) });
  }
}

const route = fc.constantFrom('0>1', '0>2', '0>3');
const act = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), route, count: fc.integer({ min: 1, max: 1_500 }) }),
  fc.record({
    kind: fc.constant('take' as const),
    routes: fc.uniqueArray(route, { minLength: 1 }),
    count: fc.integer({ min: 1, max: 60 }),
  }),
  fc.record({ kind: fc.constant('read' as const), closed: fc.uniqueArray(route) }),
  fc.record({ kind: fc.constant('end' as const) }),
  fc.record({ kind: fc.constant('lose' as const) }),
);

describe('the intents that wait for a saga', () => {
  it('P9: each is taken, in order on its route, once while its saga is under way, again if that was lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 40 }), async (acts) => {
        const shard = new Shard();
        const barrier = { pass: () => Promise.resolve() };
        const waiting = new WaitingIntents({ pool: shard as unknown as pg.Pool, barrier, most: 40 });
        let underWay: OpenIntent[] = [];
        const isUnderWay = ({ seq }: { seq: number }): boolean => underWay.some((one) => one.seq === seq);
        const take = (of: readonly string[], count: number): void => {
          const held = new Map(waiting.counts());
          const taken = waiting.take(of, count);
          const all = [...taken.values()].flat();
          expect(all).toHaveLength(
            Math.min(
              count,
              of.reduce((sum, one) => sum + (held.get(one) ?? 0), 0),
            ),
          );
          for (const one of of) {
            const seqs = (taken.get(one) ?? []).map(({ seq }) => seq);
            const left = shard.open.filter(({ route, seq }) => route === one && !isUnderWay({ seq }));
            expect(seqs).toEqual(left.slice(0, seqs.length).map(({ seq }) => seq));
            // Each has its share, and beyond their shares none that is younger went before it; what is not read yet nobody passes over.
            const share = Math.floor(count / of.length);
            expect(seqs.length).toBeGreaterThanOrEqual(Math.min(share, held.get(one) ?? 0));
            const passedOver = (held.get(one) ?? 0) === seqs.length ? undefined : left[seqs.length]?.seq;
            const beyond = [...taken.values()].flatMap((others) => others.slice(share));
            for (const { seq } of passedOver === undefined ? [] : beyond)
              expect(seq).toBeLessThan(passedOver ?? 0);
          }
          underWay.push(...all);
        };
        const end = (): void => {
          shard.open.splice(0, shard.open.length, ...shard.open.filter((one) => !isUnderWay(one)));
          underWay = [];
        };
        const read = async (closed: readonly string[]): Promise<void> => {
          const held = new Map(waiting.counts());
          await waiting.read(isUnderWay, new Set(closed));
          const now = new Map(waiting.counts());
          for (const one of closed) expect(now.get(one)).toBe(held.get(one));
        };
        for (const one of acts) {
          if (one.kind === 'add') for (let n = 0; n < one.count; n += 1) shard.add(one.route);
          else if (one.kind === 'take') take(one.routes, one.count);
          else if (one.kind === 'read') await read(one.closed);
          else if (one.kind === 'end') end();
          else {
            underWay = [];
            waiting.forget();
          }
        }
        for (let pass = 0; shard.open.length > 0; pass += 1) {
          expect(pass).toBeLessThan(10_000);
          await waiting.read(isUnderWay);
          for (const [of, count] of waiting.counts()) take([of], count);
          end();
        }
      }),
      { numRuns: 30 },
    );
  });
});
