import { type Divergence, divergenceOfSync } from './divergence.js';
import { InTransit } from './in-transit.js';
import type { Later } from './later.js';
import type { MarkFaults } from './marks/check-marks.js';
import type { WrittenMarks } from './marks/mark-writer.js';
import type { AuditReport } from './report.js';
import { FACT_PARTITIONS, factsOf } from './saga-facts.js';
import { type InDoubt, Sagas } from './sagas.js';
import type { ShardOutcome } from './shard-audit.js';

export interface Verdict extends Pick<AuditReport, 'divergences' | 'inDoubt' | 'sagasEnded'> {
  /** What only the shards can tell, where they are at hand. */
  readonly later: readonly Later[];
}

/**
 * What only the whole tells: ids that stand twice, reversals, and transfers across shards. `found`: what each shard's own
 * journal was found to break; what the marks say of an earlier event of it comes before. `checkMarks` may go on beside it.
 */
export async function judge(
  outcomes: readonly ShardOutcome[],
  found: readonly (Divergence | undefined)[],
  checkMarks: (written: readonly WrittenMarks[]) => MarkFaults | Promise<MarkFaults>,
): Promise<Verdict> {
  const checked = checkMarks(outcomes.map(({ recorded }) => recorded.marks));
  // Where a journal is broken nobody asks what it says of the others: what can not be read of it is not told, either.
  const across = beside(() => acrossShards(outcomes));
  across.catch(() => undefined);
  const marks = await checked;
  const divergences = outcomes.flatMap(({ report: { shard } }, i) => {
    const [read, marked] = [found[i], marks.shards.get(shard)];
    const end = Number.POSITIVE_INFINITY;
    const first =
      marked !== undefined && (marked.seq ?? end) < (read?.seq ?? end) ? marked : (read ?? marked);
    return first === undefined ? [] : [first];
  });
  // With a shard's journal cut short, what the others say of it proves nothing.
  const nothing = { inDoubt: [], later: [], sagasEnded: 0 };
  if (divergences.length > 0) return { divergences, ...nothing };
  const strange = marks.between ?? ofAnotherCluster(outcomes);
  if (strange !== undefined) return { divergences: [strange], ...nothing };
  return across;
}

/** A shard whose journal is right by itself, and another cluster's than that of the shards before it. */
function ofAnotherCluster(outcomes: readonly ShardOutcome[]): Divergence | undefined {
  const [first, ...others] = outcomes.filter(({ report }) => report.events > 0);
  const other = others.find(({ cluster }) => cluster !== first?.cluster);
  if (first === undefined || other === undefined) return undefined;
  const { shard } = other.report;
  return { shard, seq: 1, what: 'cluster', expected: first.cluster, found: other.cluster };
}

/** Some of the transfers at a time. */
function acrossShards(outcomes: readonly ShardOutcome[]): Verdict {
  const heads = outcomes.map(({ report }) => report.events);
  const inTransit = new InTransit();
  const inDoubt: InDoubt[] = [];
  const later: Later[] = [];
  let sagasEnded = 0;
  const wrong = divergenceOfSync(() => {
    for (let partition = 0; partition < FACT_PARTITIONS; partition += 1) {
      const sagas = new Sagas();
      for (const { report, recorded } of outcomes) {
        for (const fact of factsOf(recorded.facts, partition)) sagas.see(report.shard, fact);
      }
      if (sagas.fault !== undefined) throw sagas.fault;
      inDoubt.push(...sagas.inDoubt(heads));
      later.push(...sagas.later);
      for (const one of sagas.onTheWay()) inTransit.onTheWay(one);
      sagasEnded += sagas.ended;
    }
    for (const { report } of outcomes) inTransit.accounts(report);
    inTransit.check();
  });
  return { divergences: wrong === undefined ? [] : [wrong], inDoubt, later, sagasEnded };
}

/** Done at once; what it throws, its promise does. */
async function beside<T>(work: () => T): Promise<T> {
  return work();
}
