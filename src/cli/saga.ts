import { userInfo } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { readNodeConfig } from '../config/node-config.js';
import { defaultStackDir } from '../config/stack-env.js';
import { isTransferId, type TransferId } from '../domain/ids.js';
import { findWorkflows } from '../main/find-workflows.js';
import { type Operator, openOperator } from '../main/operator.js';
import type { OpenSaga } from '../saga/open-saga.js';
import { parseSagaWorkflowId, type SagaWorkflowId } from '../saga/workflow-id.js';
import { addressesIn, badOptionsAreTwo, DIVERGED, NOT_DONE, print, wholeNumber } from './command-line.js';
import { inDoubtJson, renderInDoubt, renderSaga, sagaJson } from './saga-report.js';

interface ListOptions extends Options {
  readonly limit: number;
}

interface Options {
  readonly dir: string;
  readonly cluster: string;
  readonly json: boolean;
}

/** `saldo saga`: transfers across shards, for an operator. Exit status 0: done; 1: refused or faulty; 2: could not be done. */
export function sagaCommand(): Command {
  const saga = badOptionsAreTwo(
    new Command('saga').description('look at transfers across shards, and act on them'),
  );
  const sub = (usage: string, description: string): Command =>
    saga
      .command(usage)
      .description(description)
      .option('--dir <folder>', "the stack's folder, to find its servers", defaultStackDir())
      .option('--cluster <name>', "the cluster's name", readNodeConfig().cluster)
      .option('--json', 'the answer as JSON on stdout', false);
  sub('list', 'every open transfer across shards, and what is undecided and in transit between them')
    .option(
      '--limit <count>',
      'most transfers to list; the amounts are of all',
      wholeNumber(0, 999_999_999),
      1_000,
    )
    .addHelpText('after', LIST_HELP)
    .action((options: ListOptions) => acting((o: Options, op) => list(o, op, options.limit))(options));
  sub('show', 'one transfer: what each of its shards recorded, and where to find its workflow')
    .argument('<transfer>', 'its id', transferId)
    .addHelpText('after', '\nExit status: 0 shown, 2 no such transfer, or it could not be done.')
    .action((id: TransferId, options: Options) => acting((o: Options, op) => show(o, op, id))(options));
  sub('workflow', 'the transfers that a workflow in Temporal carries, and what became of each')
    .argument('<workflow>', 'its id, as in Temporal: saga/<cluster>/<shards>/<first>-<last>', workflowId)
    .addHelpText(
      'after',
      '\nExit status: 0 shown, 2 it carries none that is known here, or it could not be done.',
    )
    .action((id: SagaWorkflowId, options: Options) =>
      acting((o: Options, op) => workflow(o, op, id))(options),
    );
  sub('retry', 'wake the pump, so that an open transfer is taken up at once')
    .argument('<transfer>', 'its id', transferId)
    .addHelpText('after', '\nExit status: 0 woken, 1 it has ended already, 2 it could not be done.')
    .action((id: TransferId, options: Options) => acting((o: Options, op) => retry(o, op, id))(options));
  sub('cancel', 'cancel a transfer that is not decided; refused once its pivot has posted')
    .argument('<transfer>', 'its id', transferId)
    .option('--as <name>', 'who asks: recorded in the event', userInfo().username)
    .addHelpText('after', CANCEL_HELP)
    .action((id: TransferId, options: Options & { readonly as: string }) =>
      acting((o: Options, op) => cancel(o, op, id, options.as))(options),
    );
  return saga;
}

const LIST_HELP = `
A transfer that is open for longer than SALDO_NEEDS_OPERATOR_AFTER (seconds, 900) is shown as needs_operator.
Exit status: 0 the in-transit accounts agree with the transfers on their way, 1 they do not, 2 it could not be
done, or not of every shard.`;
const CANCEL_HELP = `
The cancel is put to the pivot's shard, whose commit decides; the pump carries it to the others.
Exit status: 0 canceled (or it was already), 1 refused: it is past its pivot, 2 it could not be done.`;

function acting(act: (options: Options, operator: Operator) => Promise<void>) {
  return async (options: Options): Promise<void> => {
    let operator: Operator | undefined;
    try {
      operator = await openOperator({ ...addressesIn(options.dir), cluster: options.cluster });
      await act(options, operator);
    } catch (error) {
      process.stderr.write(`saldo: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = NOT_DONE;
    } finally {
      await operator?.close();
    }
  };
}

async function list({ json }: Options, operator: Operator, limit: number): Promise<void> {
  const inDoubt = await operator.inDoubt(limit);
  const afterMs = readNodeConfig().needsOperatorAfterMs;
  const now = new Date();
  print(json, inDoubtJson(inDoubt, now, afterMs), () => renderInDoubt(inDoubt, now, afterMs));
  // Of the pairs of a shard that does not answer nothing was seen to agree.
  if (inDoubt.unreachable.length > 0) process.exitCode = NOT_DONE;
  if (inDoubt.pairs.some(({ difference, explained }) => difference !== explained))
    process.exitCode = DIVERGED;
}

async function show({ json, cluster, dir }: Options, operator: Operator, id: TransferId): Promise<void> {
  const saga = await found(operator, id);
  const { needsOperatorAfterMs: afterMs, temporalNamespace: namespace } = readNodeConfig();
  const { temporalAddress: address, temporalUiUrl: uiUrl } = addressesIn(dir);
  const where = await findWorkflows({ address, namespace, uiUrl }, cluster, saga);
  const now = new Date();
  print(json, sagaJson(saga, where, now, afterMs), () => renderSaga(saga, where, now, afterMs));
}

async function workflow({ json, cluster }: Options, operator: Operator, id: SagaWorkflowId): Promise<void> {
  if (id.cluster !== cluster)
    throw new Error(`that is a workflow of cluster ${id.cluster}: ask with --cluster ${id.cluster}`);
  const sagas = await operator.sagasOf(id);
  if (sagas.length === 0)
    throw new Error(`no transfer of ${id.route.join('>')} was taken in from ${id.first} to ${id.last}`);
  const transfers = sagas.map(({ transfer, tenant, state, since }) => ({ transfer, tenant, state, since }));
  print(json, { transfers }, () =>
    transfers.map((one) => `${one.transfer}  ${one.state}  ${one.tenant}  since ${one.since}\n`).join(''),
  );
}

async function retry({ json }: Options, operator: Operator, id: TransferId): Promise<void> {
  const saga = await found(operator, id);
  const ended = saga.state === 'posted' || saga.state === 'canceled';
  if (ended) process.exitCode = DIVERGED;
  else await operator.wake(saga);
  print(json, { transfer: id, woken: !ended, state: saga.state }, () =>
    ended
      ? `${id} has ended: ${saga.state}\n`
      : `woke the pump of shard ${saga.route[0]}; ${id} is ${saga.state}\n`,
  );
}

async function cancel({ json }: Options, operator: Operator, id: TransferId, name: string): Promise<void> {
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
    throw new InvalidArgumentError('A workflow id: saga/<cluster>/<shards>/<first>-<last>.');
  return id;
}

function transferId(text: string): TransferId {
  if (!isTransferId(text)) throw new InvalidArgumentError('A transfer id: tr_ and 32 hexadecimal digits.');
  return text;
}
