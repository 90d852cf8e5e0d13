import type { CancelCause, SagaActivities, StepAnswer, StepItem, StepRequest } from './contract.js';

/*
 * How a step's request and its answers go to an activity and back. Each is written out as JSON several times, and the
 * answers are kept in the workflow's history: of a thousand transfers what is plain is one text.
 */

/** In the order of the transfers. */
export interface PackedRequest {
  readonly shard: number;
  readonly coordinator: number;
  readonly transfers: string;
  /** A dash where there is none. */
  readonly causes: string;
  /** By index. */
  readonly reasons: Readonly<Record<string, CancelCause>>;
}

export interface PackedAnswers {
  /** Of those that are done and have no more to say: the event that holds the answer; a dash for the others. */
  readonly events: string;
  /** In the order of the dashes. */
  readonly others: readonly StepAnswer[];
}

export type PackedActivities = {
  readonly [Step in keyof SagaActivities]: (request: PackedRequest) => Promise<PackedAnswers>;
};

const NONE = '-';

export function packRequest({ shard, coordinator, items }: StepRequest): PackedRequest {
  const reasons: Record<string, CancelCause> = {};
  for (const [index, { reason }] of items.entries()) if (reason !== undefined) reasons[index] = reason;
  const transfers = items.map(({ transfer }) => transfer).join(' ');
  return { shard, coordinator, transfers, causes: items.map(({ cause = NONE }) => cause).join(' '), reasons };
}

export function unpackRequest({
  shard,
  coordinator,
  transfers,
  causes,
  reasons,
}: PackedRequest): StepRequest {
  const cause = causes.split(' ');
  const items = transfers.split(' ').map((transfer, index): StepItem => {
    const [given, reason] = [cause[index], reasons[index]];
    const item = given === undefined || given === NONE ? { transfer } : { transfer, cause: given };
    return reason === undefined ? item : { ...item, reason };
  });
  return { shard, coordinator, items };
}

/** `answers`: in the order of what was asked. */
export function packAnswers(answers: readonly StepAnswer[]): PackedAnswers {
  const isPlain = ({ result, event, reason }: StepAnswer): boolean =>
    result === 'done' && event !== undefined && reason === undefined;
  const events = answers.map((answer) => (isPlain(answer) ? answer.event : NONE)).join(' ');
  return { events, others: answers.filter((answer) => !isPlain(answer)) };
}

/** A history may hold the answers as earlier releases gave them. */
export function unpackAnswers(
  { items }: StepRequest,
  packed: PackedAnswers | readonly StepAnswer[],
): StepAnswer[] {
  if (!('events' in packed)) return [...packed];
  const others = packed.others.values();
  const events = packed.events.split(' ');
  return items.map(({ transfer }, index): StepAnswer => {
    const event = events[index];
    if (event !== undefined && event !== NONE) return { transfer, result: 'done', event };
    const { value } = others.next();
    if (value === undefined) throw new RangeError(`a step was not answered for ${transfer}`);
    return value;
  });
}

/** A step's activities as the protocol asks for them. */
export function unpacked(activities: PackedActivities): SagaActivities {
  const step =
    (name: keyof SagaActivities) =>
    async (request: StepRequest): Promise<StepAnswer[]> =>
      unpackAnswers(request, await activities[name](packRequest(request)));
  return {
    tryStep: step('tryStep'),
    pivotStep: step('pivotStep'),
    confirmStep: step('confirmStep'),
    cancelStep: step('cancelStep'),
  };
}
