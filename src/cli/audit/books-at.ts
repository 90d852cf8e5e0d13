import { type Command, InvalidArgumentError } from 'commander';
import { describe } from '../../audit/divergence.js';
import { type Accounts, replayBooks } from '../../audit/replay.js';
import type { AuditReport } from '../../audit/report.js';
import type { AuditedAccount } from '../../audit/shard-books.js';
import { type Asset, displayAsset, scaleOf } from '../../domain/asset.js';
import { formatMoney } from '../../domain/money.js';
import type { Progress } from './acting.js';
import { type FromOptions, fromOptions, journalFrom } from './journal-from.js';

export interface AtOptions extends FromOptions {
  readonly at?: string;
  readonly json: boolean;
}

/** For commands that tell the books as of a moment. */
export const atOptions = (command: Command): Command =>
  fromOptions(command)
    .option('--at <time>', 'as booked at or before this moment (RFC 3339); now, if not said', instant)
    .option('--json', 'as JSON on stdout', false);

/** The books as the journal alone makes them, every rule checked on the way. */
export async function booksAt(
  progress: Progress,
  options: AtOptions,
): Promise<{ readonly report: AuditReport; readonly accounts: readonly Accounts[] }> {
  const { source, upTo } = await journalFrom(options, { compare: false });
  const until = options.at === undefined ? {} : { until: options.at };
  return replayBooks({ source, upTo, ...until, threads: true, withAccounts: true, onProgress: progress });
}

/** The account of that id, or of that reference as `<tenant>/<reference>`. @throws where the journal has none */
export function accountNamed(accounts: readonly Accounts[], name: string, at?: string): FoundAccount {
  for (const [shard, of] of accounts.entries()) {
    for (const [id, found] of of) {
      const { tenant, reference } = found;
      if (id === name || (reference !== '' && `${tenant}/${reference}` === name)) return { id, shard, found };
    }
  }
  const by = at === undefined ? '' : ` by ${at}`;
  throw new Error(`${name} was not opened${by}: the journal has no such account`);
}

export interface FoundAccount {
  readonly id: string;
  readonly shard: number;
  readonly found: AuditedAccount;
}

/** Why a balance is not to be relied on. */
export const warnings = ({ divergences }: AuditReport): string[] =>
  divergences.map((divergence) => `DIVERGENCE ${describe(divergence)}`);

export const moneyText = (minor: string, asset: string): string =>
  `${formatMoney(BigInt(minor), scaleOf(asset as Asset))} ${displayAsset(asset as Asset)}`;

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

function instant(text: string): string {
  const time = RFC3339.test(text) ? new Date(text) : undefined;
  if (time === undefined || Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('A moment with its zone, such as 2026-01-31T23:59:59.999Z.');
  return time.toISOString();
}
