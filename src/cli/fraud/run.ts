import { type Command, InvalidArgumentError } from 'commander';
import { readFraudKeys } from '../../config/fraud-keys.js';
import { readNodeConfig } from '../../config/node-config.js';
import { defaultStackDir } from '../../config/stack-env.js';
import { alertData } from '../../fraud/alert.js';
import { FraudConsumer } from '../../fraud/fraud-consumer.js';
import { LedgerClient } from '../../fraud/ledger-client.js';
import { decisionData } from '../../fraud/review-decision.js';
import { addressesIn, NOT_DONE } from '../command-line.js';
import { sentence } from '../sentence.js';
import { untilSignal } from '../until-signal.js';
import { DEFAULT_RULES, rulesIn } from './rules-file.js';

interface RunOptions {
  readonly rules?: string;
  readonly api?: string;
  readonly dir: string;
  readonly cluster: string;
  readonly json: boolean;
}

/** `saldo fraud run`. */
export function fraudRunCommand(command: Command): void {
  command
    .option('--rules <file>', `the rules, YAML or JSON (${DEFAULT_RULES})`)
    .option('--api <url>', 'where to act on accounts and reviews; without it alerts are all there is', apiUrl)
    .option('--dir <folder>', "the stack's folder, to find its servers", defaultStackDir())
    .option('--cluster <name>', "the cluster's name", readNodeConfig().cluster)
    .option('--json', 'each alert and decision as a line of JSON on stdout', false)
    .addHelpText(
      'after',
      `
Alerts go to the topic <cluster>.fraud.alerts, each once. Any number may run;
they share the shards out.

  SALDO_FRAUD_API_KEYS   tenant=key,…: API keys of the tenants for which it may
                         act

Exit status: 0 stopped by a signal, 1 a shard is halted and a person must look,
2 it could not be done.`,
    )
    .action(sentence(run, NOT_DONE));
}

const OUTCOMES = {
  decided: 'done',
  repeated: 'done before',
  decided_before: 'somebody decided before, which stands',
  told: 'not done, since there is no key to act for its tenant',
} as const;

async function run({ rules, api, dir, cluster, json }: RunOptions): Promise<void> {
  const config = rulesIn(rules);
  const keys = readFraudKeys();
  if (api !== undefined && keys.size === 0)
    throw new Error('--api needs SALDO_FRAUD_API_KEYS, to act for a tenant');
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const stopping = new AbortController();
  const ledger =
    api === undefined
      ? {}
      : { ledger: new LedgerClient({ url: api, keys, onWait: say, signal: stopping.signal }) };
  let halt: (shard: number | undefined) => void = () => undefined;
  const halted = new Promise<number | undefined>((resolve) => {
    halt = resolve;
  });
  const counts = { decided: 0, repeated: 0, decided_before: 0 };
  const consumer = new FraudConsumer({
    brokers: addressesIn(dir).kafkaBrokers,
    cluster,
    config,
    ...ledger,
    onAlert: (alert) => {
      const { event, account, score, action, reasons } = alertData(alert);
      const why = reasons.map(({ rule }) => rule).join(', ');
      const line = json
        ? JSON.stringify(alertData(alert))
        : `${event} ${account} score ${score} ${action}: ${why}`;
      process.stdout.write(`${line}\n`);
    },
    onDecision: (found, outcome) => {
      if (outcome !== undefined) counts[outcome] += 1;
      const { event, transfer, decision, score } = found;
      const line = json
        ? JSON.stringify({ ...decisionData(found), outcome: outcome ?? 'told' })
        : `${event} ${transfer} ${decision}, score ${score}: ${OUTCOMES[outcome ?? 'told']}`;
      process.stdout.write(`${line}\n`);
    },
    onRebuilt: (shard, events) => say(`shard ${shard}: watching after event ${events}`),
    onFault: ({ shard, error, retryMs }) => {
      const what = error instanceof Error ? error.message : String(error);
      const then = retryMs === undefined ? 'halted' : `again in ${retryMs} ms`;
      say(`${shard === undefined ? 'group' : `shard ${shard}`}: ${what} (${then})`);
      if (retryMs === undefined) halt(shard);
    },
  });
  await consumer.start();
  say(`watching ${cluster} by ${config.rules.length} rules`);
  const ended = await Promise.race([untilSignal().then(() => 'stopped'), halted.then(() => 'halted')]);
  stopping.abort();
  await consumer.stop();
  const { decided, repeated, decided_before } = counts;
  if (decided + repeated + decided_before > 0)
    say(`reviews: ${decided} decided, ${repeated} repeated, ${decided_before} decided before by others`);
  if (ended === 'halted') process.exitCode = 1;
}

function apiUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text.replace(/\/$/, '');
  throw new InvalidArgumentError('An http or https URL.');
}
