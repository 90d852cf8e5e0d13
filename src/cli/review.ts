import type { Command } from 'commander';
import type { TenantId, TransferId } from '../domain/ids.js';
import type { OperatorDesk, ToldTransfer } from '../main/operator-desk.js';
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
  shortText,
  tenantName,
  transferId,
} from './operator-command.js';
import {
  type Decided,
  decisionJson,
  renderDecision,
  renderReviews,
  renderToldReview,
  reviewsJson,
  toldReviewJson,
} from './review-report.js';

interface ListOptions extends OperatorOptions {
  readonly tenant?: TenantId;
  readonly limit: number;
}
interface DecideOptions extends ActingOptions {
  readonly note?: string;
}

/** `saldo review`: transfers that wait for a person. Exit status 0: done; 1: refused; 2: could not be done. */
export function reviewCommand(review: Command): void {
  const sub = operatorCommand(review);
  review.addHelpText('after', EXAMPLES);
  sub('list', 'transfers in review, of all tenants, the longest waiting first')
    .option('--tenant <id>', 'only those of this tenant', tenantName)
    .option('--limit <count>', 'most transfers to list', wholeNumber(1, 10_000), 100)
    .addHelpText('after', '\nExit status: 0 listed, 2 it could not be done, or not of every shard.')
    .action((options: ListOptions) => atDesk(options, (desk) => list(options, desk)));
  sub('show', 'one transfer that is in review or was: why, until when, what was decided, and by whom')
    .argument('<transfer>', 'its id', transferId)
    .addHelpText('after', '\nExit status: 0 shown, 2 it never was in review, or it could not be done.')
    .action((id: TransferId, options: OperatorOptions) => atDesk(options, (desk) => show(options, desk, id)));
  for (const [decision, description] of [
    ['approve', 'carry out a transfer that is in review'],
    ['decline', 'reject a transfer that is in review, and free what it set aside'],
  ] as const) {
    keyOption(asOption(sub(decision, description)))
      .argument('<transfer>', 'its id', transferId)
      .option('--note <text>', 'why: kept in the journal with the decision', shortText)
      .addHelpText('after', DECISION_HELP)
      .action((id: TransferId, options: DecideOptions) =>
        atDesk(options, (desk) => decide(options, desk, id, decision)),
      );
  }
}

const EXAMPLES = `
Examples:
  saldo review list --tenant main
  saldo review show tr_5d2adf8e4f7b5be5f6fbe6b1fdd98d5c
  saldo review approve tr_5d2adf8e4f7b5be5f6fbe6b1fdd98d5c --note "called"
  saldo review decline tr_5d2adf8e4f7b5be5f6fbe6b1fdd98d5c --as jana`;
const DECISION_HELP = `
The first decision that the ledger takes stands. The command may be repeated:
under the same key, which is made of the transfer, the decision, the name and
the note unless --key gives one, it is answered as it was the first time.
Exit status: 0 decided (now, or by this key before), 1 refused: it was decided
otherwise, 2 it could not be done.`;

async function list({ json, tenant, limit }: ListOptions, desk: OperatorDesk): Promise<void> {
  const found = await desk.reviews({ limit, ...(tenant === undefined ? {} : { tenant }) });
  notAllIsTwo(found);
  print(json, reviewsJson(found), () => renderReviews(found));
}

async function show({ json }: OperatorOptions, desk: OperatorDesk, id: TransferId): Promise<void> {
  const told = await reviewed(desk, id);
  print(json, toldReviewJson(told), () => renderToldReview(told));
}

async function decide(
  options: DecideOptions,
  desk: OperatorDesk,
  review: TransferId,
  decision: Decided['decision'],
): Promise<void> {
  const { json, as, note } = options;
  const { tenant } = (await reviewed(desk, review)).transfer;
  const key = keyOf(options, decision, review, ...(note === undefined ? [] : [note]));
  const request = { tenant, key, review, decision, ...(note === undefined ? {} : { note }) };
  const answer = await desk.decide(request, `operator:${as}`);
  // A refusal does not say what was decided instead.
  const decided = { decision, key, answer, told: await reviewed(desk, review) };
  if (answer.kind === 'refused') process.exitCode = DIVERGED;
  print(json, decisionJson(decided), () => renderDecision(decided));
}

async function reviewed(desk: OperatorDesk, id: TransferId): Promise<ToldTransfer> {
  const told = await desk.transfer(id);
  if (told === undefined) throw new Error(`there is no transfer ${id}`);
  if (told.transfer.review === undefined)
    throw new Error(`${id} never was in review: it is ${told.transfer.status}`);
  return told;
}
