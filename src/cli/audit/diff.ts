import type { Command } from 'commander';
import { diffArchives, type EventSummary, type ShardDiff } from '../../audit/archive/diff-archives.js';
import { visible } from '../../audit/visible.js';
import { print } from '../command-line.js';
import { acting, EXIT_STATUS, type Progress } from './acting.js';

interface DiffOptions {
  readonly beginning: boolean;
  readonly json: boolean;
}

/** `saldo audit diff`. */
export function diffCommand(command: Command): void {
  command
    .argument('<a>', 'an archive: a folder')
    .argument('<b>', 'another')
    .option(
      '--beginning',
      'it is clean, too, if A is the beginning of B: B is the same journal, later',
      false,
    )
    .option('--json', 'as JSON on stdout', false)
    .addHelpText('after', EXIT_STATUS)
    .action(acting('comparing', runDiff));
}

const RELATIONS: Readonly<Record<ShardDiff['relation'], string>> = {
  same: 'the same',
  a_begins_b: 'A is the beginning of B',
  b_begins_a: 'B is the beginning of A',
  forked: 'FORKED',
};

async function runDiff(
  progress: Progress,
  a: string,
  b: string,
  { beginning, json }: DiffOptions,
): Promise<boolean> {
  const diff = await diffArchives(a, b, progress);
  const clean = diff.relation === 'same' || (beginning && diff.relation === 'a_begins_b');
  print(json, { clean, ...diff }, () => {
    const lines = diff.shards.flatMap(({ shard, events, relation, seq, a: left, b: right }) => [
      `shard ${shard}: ${events[0]} and ${events[1]} events, ${RELATIONS[relation]}${seq === undefined ? '' : `; first difference at sequence ${seq}`}`,
      ...(seq === undefined ? [] : [`  A ${textOf(left)}`, `  B ${textOf(right)}`]),
    ]);
    const verdict = clean ? 'CLEAN.' : `NOT CLEAN: ${RELATIONS[diff.relation]}.`;
    return `${[...lines, verdict].map(visible).join('\n')}\n`;
  });
  return clean;
}

const textOf = (event: EventSummary | undefined): string =>
  event === undefined
    ? 'has ended'
    : `${event.type} ${event.subject} of ${event.time}, hash ${event.hash.slice(0, 16)}…`;
