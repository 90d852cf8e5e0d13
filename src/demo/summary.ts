import Table from 'cli-table3';
import type { AuditReport } from '../audit/report.js';
import type { Mismatch } from './check-balances.js';
import type { Posting } from './post-rows.js';

export interface DemoResult {
  readonly rows: number;
  readonly posting: Posting;
  readonly kills: number;
  readonly retries: number;
  /** How long posting all rows took, and the whole demo, milliseconds. */
  readonly postingMs: number;
  readonly totalMs: number;
  readonly mismatches: readonly Mismatch[];
  readonly audit: AuditReport;
}

/** Whether everything held: every balance, the audit, the sums, and nothing left on the way. */
export function allHolds({ mismatches, audit, rows, posting }: DemoResult): boolean {
  const books = audit.shards.flatMap(({ trialBalance }) => trialBalance);
  return (
    mismatches.length === 0 &&
    posting.posted.length === rows &&
    audit.clean &&
    audit.inDoubt.length === 0 &&
    inTransit(audit) === 0n &&
    books.every(({ debits, credits }) => debits === credits)
  );
}

/** The short table at the end, for a person. */
export function renderSummary(result: DemoResult): string {
  const { posting, rows, kills, retries, postingMs, totalMs, mismatches, audit } = result;
  const of = (kind: 'local' | 'across shards') => posting.posted.filter((one) => one.kind === kind);
  const [local, across] = [of('local'), of('across shards')];
  const equal = posting.posted.length - mismatches.length;
  const table = new Table({
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'left'],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  const rate = Math.round((posting.posted.length / postingMs) * 1_000);
  const events = audit.shards.reduce((sum, one) => sum + one.events, 0);
  table.push(
    ['rows posted', posting.posted.length, `${rate} rows/s`],
    ['  within a shard', local.length, latency(local)],
    ['  across shards', across.length, latency(across)],
    ['sent twice, to the other node', posting.repeats, 'one effect each'],
    ['nodes killed and restarted', kills, ''],
    ['requests sent again by clients', retries, ''],
    ['events in the journal', events, audit.clean ? 'audit clean' : 'audit NOT CLEAN'],
    ...audit.shards.map(({ shard, accounts, trialBalance }) => [
      `accounts on shard ${shard}`,
      accounts,
      trialBalance
        .map(({ debits, credits }) => (debits === credits ? 'books balance' : `${debits} ≠ ${credits}`))
        .join(),
    ]),
    [
      'transfers in doubt',
      audit.inDoubt.length,
      inTransit(audit) === 0n ? 'nothing in transit' : `${inTransit(audit)} minor units in transit`,
    ],
    ['seconds in all', (totalMs / 1_000).toFixed(0), ''],
  );
  const wrong = mismatches
    .slice(0, 10)
    .map(
      ({ row, found }) =>
        `  ${row.account} after ${row.id}: the bank has ${row.balanceAfter}, Saldo ${found}`,
    );
  return [table.toString(), ...wrong, `balances equal to the bank's: ${equal} of ${rows}`, ''].join('\n');
}

/** What the in-transit accounts of each pair of shards do not settle, in minor units, added up without its sign. */
function inTransit(audit: AuditReport): bigint {
  const pairs = new Map<string, bigint>();
  for (const { shard, inTransit: accounts } of audit.shards) {
    for (const { tenant, asset, peer, balance } of accounts) {
      const pair = `${tenant} ${asset} ${Math.min(shard, peer)} ${Math.max(shard, peer)}`;
      pairs.set(pair, (pairs.get(pair) ?? 0n) + BigInt(balance));
    }
  }
  return [...pairs.values()].reduce((sum, left) => sum + (left < 0n ? -left : left), 0n);
}

function latency(posted: readonly { readonly ms: number }[]): string {
  const sorted = posted.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(0);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}
