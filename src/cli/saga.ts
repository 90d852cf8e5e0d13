import { type Command, InvalidArgumentError } from 'commander';
import { readNodeConfig } from '../config/node-config.js';
import type { TransferId } from '../domain/ids.js';
import { type Operator, openOperator } from '../main/operator.js';
import type { OpenSaga } from '../saga/open-saga.js';
import { parseSagaWorkflowId, type SagaWorkflowId } from '../saga/workflow-id.js';
import { addressesIn, DIVERGED, NOT_DONE, print, wholeNumber } from './command-line.js';
import {
  type ActingOptions,
  acting,
  asOption,
  type OperatorOptions,
  operatorCommand,
  transferId,
} from './operator-command.js';
import { inDoubtJson, renderInDoubt, renderSaga, sagaJson, stateOf } from './saga-report.js';

interface ListOptions extends OperatorOptions {
  readonly limit: number;
}

/** `saldo saga`: transfers across shards, for an operator. Exit status 0: done; 1: refused or faulty; 2: could not be done. */
export function sagaCommand(saga: Command): void {
  const sub = operatorCommand(saga);
  sub('list', 'every open transfer across shards, and what is undecided and in transit between them')
    .option(
      '--limit <count>',
      'most transfers to list; the amounts are of all',
      wholeNumber(0, 1_000_000),
      1_000,
    )
    .addHelpText('after', LIST_HELP)
    .action((options: ListOptions) => over(options, (op) => list(options, op, options.limit)));
  sub('show', 'one transfer: what each of its shards recorded, and where to find its workflow')
    .argument('<transfer>', 'its id', transferId)
    .addHelpText('after', '\nExit status: 0 shown, 2 no such transfer, or it could not be done.')
    .action((id: TransferId, options: OperatorOptions) => over(options, (op) => show(options, op, id)));
  sub('workflow', 'the transfers that a workflow in Temporal carries, and what became of each')
    .argument(
      '<workflow>',
      'its id, as in Temporal: saga/<cluster>/<routes>/<first>-<last>/<version>',
      workflowId,
    )
    .addHelpText(
      'after',
      '\nExit status: 0 shown, 2 it carries none that is known here, or it could not be\ndone.',
    )
    .action((id: SagaWorkflowId, options: OperatorOptions) =>
      over(options, (op) => workflow(options, op, id)),
    );
  sub('retry', 'wake the pump, so that an open transfer is taken up at once')
    .argument('<transfer>', 'its id', transferId)
    .addHelpText(
      'after',
      '\nExit status: 0 woken, 1 it has ended already, 2 it could not be done,\nor no node pumps its shard now.',
    )
    .action((id: TransferId, options: OperatorOptions) => over(options, (op) => retry(options, op, id)));
  asOption(sub('cancel', 'cancel a transfer that is not decided; refused once its pivot has posted'))
    .argument('<transfer>', 'its id', transferId)
    .addHelpText('after', CANCEL_HELP)
    .action((id: TransferId, options: ActingOptions) =>
      over(options, (op) => cancel(options, op, id, options.as)),
    );
}

const LIST_HELP = `
A transfer that is open for longer than SALDO_NEEDS_OPERATOR_AFTER (seconds,
900) is shown as needs_operator.
Exit status: 0 the in-transit accounts agree with the transfers on their way, 1
they do not, 2 it could not be done, or not of every shard.`;
const CANCEL_HELP = `
The cancel is put to the pivot's shard, whose commit decides; the pump carries
it to the others.
Exit status: 0 canceled (or it was already), 1 refused: it is past its pivot, 2
it could not be done.`;

const over = (options: OperatorOptions, act: (operator: Operator) => Promise<void>): Promise<void> =>
  acting(() => openOperator({ ...addressesIn(options.dir), cluster: options.cluster }), act);

async function list({ json }: OperatorOptions, operator: Operator, limit: number): Promise<void> {
  const inDoubt = await operator.inDoubt(limit);
  const afterMs = readNodeConfig().needsOperatorAfterMs;
  const now = new Date();
  print(json, inDoubtJson(inDoubt, now, afterMs), () => renderInDoubt(inDoubt, now, afterMs));
  // Of the pairs of a shard that does not answer nothing was seen to agree; of others it may know what explains a difference.
  if (inDoubt.unreachable.length > 0) process.exitCode = NOT_DONE;
  if (inDoubt.pairs.some(({ books }) => books === 'faulty')) process.exitCode = DIVERGED;
}

async function show(
  { json, cluster, dir }: OperatorOptions,
  operator: Operator,
  id: TransferId,
): Promise<void> {
  const saga = await found(operator, id);
  const { needsOperatorAfterMs: afterMs, temporalNamespace: namespace } = readNodeConfig();
  const { temporalAddress: address, temporalUiUrl: uiUrl } = addressesIn(dir);
  // Temporal's client takes longer to import than the other commands take.
  const { findWorkflows } = await import('../main/find-workflows.js');
  const where = await findWorkflows({ address, namespace, uiUrl }, cluster, saga);
  const now = new Date();
  print(json, sagaJson(saga, where, now, afterMs), () => renderSaga(saga, where, now, afterMs));
}

async function workflow(
  { json, cluster }: OperatorOptions,
  operator: Operator,
  id: SagaWorkflowId,
): Promise<void> {
  if (id.cluster !== cluster)
    throw new Error(`that is a workflow of cluster ${id.cluster}: ask with --cluster ${id.cluster}`);
  const sagas = await operator.sagasOf(id);
  if (sagas.length === 0)
    throw new Error(
      `no transfer of ${id.routes.map((route) => route.join('>')).join(' or ')} was taken in from ${id.first} to ${id.last}`,
    );
  const transfers = sagas.map((saga) => {
    const { transfer, tenant, since } = saga;
    return { transfer, tenant, state: stateOf(saga), since };
  });
  print(json, { transfers }, () =>
    transfers.map((one) => `${one.transfer}  ${one.state}  ${one.tenant}  since ${one.since}\n`).join(''),
  );
}

async function retry({ json }: OperatorOptions, operator: Operator, id: TransferId): Promise<void> {
  const saga = await found(operator, id);
  const ended = saga.state === 'posted' || saga.state === 'canceled';
  const woken = !ended && (await operator.wake(saga));
  if (!woken) process.exitCode = ended ? DIVERGED : NOT_DONE;
  const state = stateOf(saga);
  const [coordinator] = saga.route;
  const pump = woken
    ? `woke the pump of shard ${coordinator}`
    : `no node pumps shard ${coordinator} now, and whichever does next takes it up`;
  print(json, { transfer: id, woken, state }, () =>
    ended ? `${id} has ended: ${state}\n` : `${pump}; ${id} is ${state}\n`,
  );
}

async function cancel(
  { json }: OperatorOptions,
  operator: Operator,
  id: TransferId,
  name: string,
): Promise<void> {
  const saga = await found(operator, id);
  const answer = await operator.cancel(saga, `operator:${name}`);
  if (answer.kind === 'refused') process.exitCode = DIVERGED;
  else if (saga.state !== 'canceled') await operator.wake(saga);
  print(json, { transfer: id, ...answer }, () =>
    answer.kind === 'refused'
      ? `${id} can not be canceled: ${answer.why}\n`
      : `${id} is canceled by event ${answer.event}; the pump carries it to its other shards\n`,
  );
}

async function found(operator: Operator, id: TransferId): Promise<OpenSaga> {
  const saga = await operator.saga(id);
  if (saga !== undefined) return saga;
  throw new Error(`${id} is no transfer across shards that its shard has taken in`);
}

function workflowId(text: string): SagaWorkflowId {
  const id = parseSagaWorkflowId(text);
  if (id === undefined)
    throw new InvalidArgumentError('A workflow id: saga/<cluster>/<routes>/<first>-<last>/<version>.');
  return id;
}
