import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CancelCause, StepAnswer, StepItem } from '../../workflows/contract.js';
import {
  packAnswers,
  packRequest,
  unpackAnswers,
  unpacked,
  unpackRequest,
} from '../../workflows/packed-steps.js';

const transfer = fc.integer({ min: 0 }).map((n) => `tr_${n.toString(16).padStart(32, '0')}`);
const event = fc.tuple(fc.nat(9), fc.nat()).map((parts) => parts.join('-'));
const reason: fc.Arbitrary<CancelCause> = fc.oneof(
  fc.record({ code: fc.constantFrom('deadline' as const, 'operator' as const) }),
  fc.record({
    code: fc.constant('rejected' as const),
    shard: fc.nat(9),
    rejection: fc.constantFrom({ code: 'account_closed' }, 'text', null),
  }),
);
const item: fc.Arbitrary<StepItem> = fc.record(
  { transfer, cause: event, reason },
  { requiredKeys: ['transfer'] },
);
const result = fc.constantFrom<StepAnswer['result']>('done', 'rejected', 'canceled', 'decided', 'broken');
const answer: fc.Arbitrary<Omit<StepAnswer, 'transfer'>> = fc.record(
  { result, event, reason },
  { requiredKeys: ['result'] },
);
const asked = fc
  .tuple(fc.nat(9), fc.nat(9), fc.array(fc.tuple(item, answer), { minLength: 1, maxLength: 20 }))
  .map(([shard, coordinator, both]) => ({
    request: { shard, coordinator, items: both.map(([one]) => one) },
    answers: both.map(([{ transfer: of }, said]): StepAnswer => ({ transfer: of, ...said })),
  }));

describe('a step, packed for its activity', () => {
  it('is the same step when it is unpacked, and its answers the same answers', () => {
    fc.assert(
      fc.property(asked, ({ request, answers }) => {
        expect(unpackRequest(packRequest(request))).toEqual(request);
        expect(unpackAnswers(request, packAnswers(answers))).toEqual(answers);
        expect(unpackAnswers(request, answers), 'as a history of an earlier release has them').toEqual(
          answers,
        );
      }),
    );
  });

  it('goes to its own activity', async () => {
    const names = ['tryStep', 'pivotStep', 'confirmStep', 'cancelStep'] as const;
    const saying = (name: string) => async () =>
      packAnswers([{ transfer: 'tr_1', result: 'done', event: name }]);
    const [tryStep, pivotStep, confirmStep, cancelStep] = names.map(saying) as [
      ReturnType<typeof saying>,
      ReturnType<typeof saying>,
      ReturnType<typeof saying>,
      ReturnType<typeof saying>,
    ];
    const steps = unpacked({ tryStep, pivotStep, confirmStep, cancelStep });
    const request = { shard: 0, coordinator: 0, items: [{ transfer: 'tr_1' }] };
    for (const name of names) expect((await steps[name](request))[0]?.event).toBe(name);
  });
});
