import { Command, InvalidArgumentError } from 'commander';
import { JournalSuite } from './journal/suite.js';
import { PostingSuite } from './posting/suite.js';
import { SagaSuite } from './sagas/suite.js';
import { renderTable, writeJson } from './support/report.js';

const number = (text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('A number above zero.');
  return value;
};
const names = (text: string): string[] => text.split(',');

const program = new Command('bench').description(
  'measures what docs/performance.md says, on real servers of its own',
);
program
  .command('posting')
  .description(
    'the posting path: one shard, two shards, two nodes, holds, against the limit and a plain SQL ledger',
  )
  .option('--json <file>', 'writes the rows there as JSON')
  .option(
    '--only <names>',
    'only these rows, separated by commas; ratios need the rows they are taken to',
    names,
    [],
  )
  .option('--seconds <number>', 'how long each row is measured', number, 5)
  .option('--aged-transfers <number>', 'how old the aged ledger gets', number, 3_000_000)
  .option('--aged-seconds <number>', 'how long it may take to get there', number, 200)
  .option('--cpu-profile <file>', 'a CPU profile of uniform at 2,048 in flight')
  .action(async ({ json, ...options }) => {
    const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);
    const result = await PostingSuite.run({ ...options, onProgress });
    process.stdout.write(renderTable(result));
    if (json !== undefined) writeJson(json, result);
  });
program
  .command('sagas')
  .description(
    'transfers across shards: two and four shards, mixed with local ones, after an outage of Temporal, and a workflow each',
  )
  .option('--json <file>', 'writes the rows there as JSON')
  .option(
    '--only <names>',
    'only these rows, separated by commas; ratios need the rows they are taken to',
    names,
    [],
  )
  .option('--seconds <number>', 'how long each row is measured', number, 5)
  .option('--outage-transfers <number>', 'how many wait while Temporal is stopped', number, 50_000)
  .option('--cpu-profile <file>', 'a CPU profile of two_shards at 2,048 in flight')
  .action(async ({ json, ...options }) => {
    const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);
    const result = await SagaSuite.run({ ...options, onProgress });
    process.stdout.write(renderTable(result));
    if (json !== undefined) writeJson(json, result);
    // Temporal's runtime keeps the process alive.
    process.exit();
  });
program
  .command('journal')
  .description(
    'the journal: replay from an archive and from Kafka, beside merely reading and parsing; the relay; all of it together',
  )
  .option('--json <file>', 'writes the rows there as JSON')
  .option(
    '--only <names>',
    'only these rows, separated by commas; ratios need the rows they are taken to',
    names,
    [],
  )
  .option('--seconds <number>', 'how long each row of posting is measured', number, 5)
  .option(
    '--operations <number>',
    'operations in the journal that is replayed; about 1.15 events each',
    number,
    600_000,
  )
  .option('--prove-events <number>', 'events in the journal that proofs are made from', number, 200_000)
  .option('--cpu-profile <file>', 'a CPU profile of replay_archive, of the thread that reads')
  .action(async ({ json, ...options }) => {
    const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);
    const result = await JournalSuite.run({ ...options, onProgress });
    process.stdout.write(renderTable(result));
    if (json !== undefined) writeJson(json, result);
  });
await program.parseAsync();
