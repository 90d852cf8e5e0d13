import { type Command, Option } from 'commander';
import type { ScheduleId, TenantId } from '../domain/ids.js';
import type { OperatorDesk } from '../main/operator-desk.js';
import type { ScheduleStatus, ScheduleView } from '../routing/schedule-views.js';
import { DIVERGED, print, wholeNumber } from './command-line.js';
import {
  type ActingOptions,
  asOption,
  atDesk,
  keyOf,
  keyOption,
  notAllIsTwo,
  type OperatorOptions,
  operatorCommand,
  scheduleId,
  tenantName,
} from './operator-command.js';
import {
  canceledJson,
  renderCanceled,
  renderSchedules,
  renderToldSchedule,
  schedulesJson,
  toldScheduleJson,
} from './schedule-report.js';

interface ListOptions extends OperatorOptions {
  readonly tenant?: TenantId;
  readonly status: ScheduleStatus | 'all';
  readonly limit: number;
}

/** `saldo schedule`: what is to be done in advance. Exit status 0: done; 1: refused; 2: could not be done. */
export function scheduleCommand(schedule: Command): void {
  const sub = operatorCommand(schedule);
  schedule.addHelpText('after', EXAMPLES);
  sub('list', 'schedules of all tenants, the next due first; a transfer asked for in advance is one of once')
    .option('--tenant <id>', 'only those of this tenant', tenantName)
    .addOption(
      new Option('--status <status>', 'only those')
        .choices(['active', 'ended', 'canceled', 'all'])
        .default('active'),
    )
    .option('--limit <count>', 'most schedules to list', wholeNumber(1, 10_000), 100)
    .addHelpText('after', '\nExit status: 0 listed, 2 it could not be done, or not of every shard.')
    .action((options: ListOptions) => atDesk(options, (desk) => list(options, desk)));
  sub('show', 'one schedule: what it does, when it is due next, and what became of its latest occurrences')
    .argument('<schedule>', 'its id', scheduleId)
    .addHelpText('after', '\nExit status: 0 shown, 2 no such schedule, or it could not be done.')
    .action((id: ScheduleId, options: OperatorOptions) =>
      atDesk(options, async (desk) => {
        const found = await known(desk, id);
        print(options.json, toldScheduleJson(found), () => renderToldSchedule(found));
      }),
    );
  keyOption(asOption(sub('cancel', 'call off all that is still to come of a schedule')))
    .argument('<schedule>', 'its id', scheduleId)
    .addHelpText('after', CANCEL_HELP)
    .action((id: ScheduleId, options: ActingOptions) => atDesk(options, (desk) => cancel(options, desk, id)));
}

const EXAMPLES = `
Examples:
  saldo schedule list --tenant main
  saldo schedule show sch_5d2adf8e4f7b5be5f6fbe6b1fdd98d5c
  saldo schedule cancel sch_5d2adf8e4f7b5be5f6fbe6b1fdd98d5c --as jana`;
const CANCEL_HELP = `
What was carried out stays. The command may be repeated: under the same key,
which is made of the schedule and the name unless --key gives one, it is
answered as it was the first time.
Exit status: 0 canceled (now, or by this key before), 1 refused: it is over, 2
it could not be done.`;

async function list({ json, tenant, status, limit }: ListOptions, desk: OperatorDesk): Promise<void> {
  const found = await desk.schedules({
    limit,
    ...(tenant === undefined ? {} : { tenant }),
    ...(status === 'all' ? {} : { status }),
  });
  notAllIsTwo(found);
  print(json, schedulesJson(found), () => renderSchedules(found, status));
}

async function cancel(options: ActingOptions, desk: OperatorDesk, schedule: ScheduleId): Promise<void> {
  const { tenant } = await known(desk, schedule);
  const key = keyOf(options, 'cancel', schedule);
  const answer = await desk.cancelSchedule({ tenant, key, schedule }, `operator:${options.as}`);
  if (answer.kind === 'refused') process.exitCode = DIVERGED;
  print(options.json, canceledJson(schedule, key, answer), () => renderCanceled(schedule, key, answer));
}

async function known(desk: OperatorDesk, id: ScheduleId): Promise<ScheduleView> {
  const found = await desk.schedule(id);
  if (found !== undefined) return found;
  throw new Error(`there is no schedule ${id}`);
}
