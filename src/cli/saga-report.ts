import { displayAsset } from '../domain/asset.js';
import { NEVER } from '../domain/transfer.js';
import type { FoundWorkflows } from '../main/find-workflows.js';
import type { InDoubt, PairInDoubt } from '../saga/in-doubt.js';
import { movesBetweenShards, needsOperator, type OpenSaga } from '../saga/open-saga.js';
import { decimal, moneyOf } from './operator-report.js';

/** Amounts as decimal strings of minor units, as in the journal. */
export function sagaJson(saga: OpenSaga, found: FoundWorkflows, now: Date, afterMs: number) {
  const { legs, ...rest } = saga;
  return {
    ...rest,
    state: stateOf(saga),
    steps: stepsOf(saga),
    needs_operator: needsOperator(saga, now, afterMs),
    legs: legs.map(({ amount, ...leg }) => ({ ...leg, amount: amount.toString() })),
    workflow_query: found.query,
    workflows: found.workflows,
    ...(found.unreachable === undefined ? {} : { temporal_unreachable: found.unreachable }),
  };
}

export function inDoubtJson(
  { sagas, more, pairs, unreachable, reasons }: InDoubt,
  now: Date,
  afterMs: number,
) {
  return {
    transfers: sagas.map((saga) => ({
      transfer: saga.transfer,
      tenant: saga.tenant,
      kind: saga.kind,
      of: saga.of,
      state: stateOf(saga),
      needs_operator: needsOperator(saga, now, afterMs),
      since: saga.since,
      route: saga.route,
      amounts: amountsOf(saga),
      steps: stepsOf(saga),
    })),
    more_transfers: more,
    pairs: pairs.map(({ undecided, inTransit, difference, explained, books, ...pair }) => ({
      ...pair,
      undecided: undecided.toString(),
      in_transit: inTransit.toString(),
      difference: difference.toString(),
      explained: explained.toString(),
      reconciled: books === 'unknown' ? null : books === 'reconciled',
    })),
    unreachable_shards: unreachable,
    unreachable_reasons: reasons,
  };
}

export function renderInDoubt(
  { sagas, more, pairs, unreachable, reasons }: InDoubt,
  now: Date,
  afterMs: number,
): string {
  const lines = [`open transfers across shards: ${sagas.length + more}`];
  for (const saga of sagas) {
    const flag = needsOperator(saga, now, afterMs) ? '  needs_operator' : '';
    const what = `${saga.tenant}  ${nameOf(saga)}  ${saga.route.join('>')}  ${saga.legs.map(moneyOf).join(' + ')}`;
    lines.push(`  ${saga.transfer}  ${stateOf(saga)}  ${ageOf(saga, now)}  ${what}${flag}`);
    lines.push(
      `    ${stepsOf(saga)
        .map(({ shard, says }) => `shard ${shard}: ${says}`)
        .join(', ')}`,
    );
  }
  if (more > 0) lines.push(`  and ${more} more, younger: list them with --limit ${sagas.length + more}`);
  const busy = pairs.filter((pair) => Object.values(sumsOf(pair)).some((sum) => sum !== 0n));
  lines.push(`pairs of shards with something in doubt: ${busy.length}`);
  for (const { tenant, shards, asset, undecided, inTransit, difference, explained, books } of busy) {
    const told = (amount: bigint): string => decimal(amount, asset);
    const sound = {
      reconciled: 'reconciled',
      faulty: `NOT RECONCILED: ${told(difference)} is not ${told(explained)}`,
      unknown: `${told(difference)} is not ${told(explained)}, which what shard ${unreachable.join(', ')} has taken in may explain`,
    }[books];
    const amounts = `undecided ${told(undecided)}, in transit ${told(inTransit)}`;
    lines.push(`  ${tenant}  ${shards.join('-')}  ${displayAsset(asset)}  ${amounts}  ${sound}`);
  }
  for (const [index, shard] of unreachable.entries()) {
    lines.push(`shard ${shard} does not answer, so nothing is said of its pairs: ${reasons[index]}`);
  }
  return `${lines.join('\n')}\n`;
}

export function renderSaga(saga: OpenSaga, found: FoundWorkflows, now: Date, afterMs: number): string {
  const { transfer, tenant, kind, since, deadline, legs } = saga;
  const decided = deadline === NEVER ? 'can only go forward' : `to be decided by ${deadline}`;
  const lines = [
    `${transfer}  ${stateOf(saga)}${needsOperator(saga, now, afterMs) ? '  needs_operator' : ''}`,
    `${nameOf(saga)}, tenant ${tenant}, since ${since}, ${decided}`,
    ...stepsOf(saga).map(
      ({ shard, role, says, at, event }) =>
        `  shard ${shard} (${role}): ${says}${at === undefined ? '' : ` at ${at}, event ${event}`}`,
    ),
    ...legs.map(
      ({ debit, credit, debitShard, creditShard, posted, ...leg }) =>
        `  ${moneyOf(leg)} from ${debit} (shard ${debitShard}) to ${credit} (shard ${creditShard})${movesBetweenShards(kind) ? `: ${POSTED[posted]}` : ''}`,
    ),
    ...workflowLines(found),
  ];
  return `${lines.join('\n')}\n`;
}

function workflowLines({ query, workflows, unreachable }: FoundWorkflows): string[] {
  const how = `in Temporal's pages, or temporal workflow list --query "${query}"`;
  if (unreachable !== undefined)
    return [`Temporal can not be asked for its workflow: ${unreachable}`, `  ${how}`];
  if (workflows.length === 0) return ['Temporal has no workflow of it (yet, or any more)', `  ${how}`];
  return workflows.flatMap(({ id, run, status, link }) => [
    `workflow ${id}  ${status.toLowerCase()}  run ${run}`,
    ...(link === undefined ? [] : [`  ${link}`]),
  ]);
}

const sumsOf = ({ undecided, inTransit, difference, explained }: PairInDoubt) => ({
  undecided,
  inTransit,
  difference,
  explained,
});
const amountsOf = ({ legs }: OpenSaga): string[] => legs.map(({ amount, asset }) => `${amount} ${asset}`);
/** In the words of what it is, for people and programs alike: a hold and a release post nothing. */
export const stateOf = ({ kind, state }: Pick<OpenSaga, 'kind' | 'state'>): string =>
  WORDS[kind]?.[state] ?? state;
const stepsOf = ({ kind, steps }: OpenSaga) =>
  steps.map(({ says, ...step }) => ({
    ...step,
    says: says === 'posted' ? stateOf({ kind, state: says }) : says,
  }));
const WORDS: Partial<Record<OpenSaga['kind'], Partial<Record<OpenSaga['state'], string>>>> = {
  hold: { posting: 'holding', posted: 'held' },
  release: { posting: 'freeing', posted: 'freed' },
};
const POSTED: Readonly<Record<OpenSaga['legs'][number]['posted'], string>> = {
  nowhere: 'posted on nowhere',
  'one side': 'posted on one side',
  'both sides': 'posted on both sides',
  unknown: 'where it is posted is not known, a shard does not answer',
};
const nameOf = ({ kind, of }: OpenSaga): string => (of === undefined ? kind : `${kind} of ${of}`);
const ageOf = ({ since }: OpenSaga, now: Date): string =>
  `${Math.max(0, Math.round((now.getTime() - Date.parse(since)) / 1_000))}s`;
