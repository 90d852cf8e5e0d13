import { pino } from 'pino';
import { type AccountId, claimIdOf, keyDigest } from '../../../src/domain/ids.js';
import { installTemporalRuntime, TemporalLink } from '../../../src/main/temporal-link.js';
import { keyBucketOf } from '../../../src/routing/placement.js';
import { atShard } from '../../../src/routing/shard-map.js';
import { Pump, type PumpOptions } from '../../../src/saga/pump.js';
import { createSagaActivities } from '../../../workflows/activities/saga-activities.js';
import { BenchLedger, ORIGIN } from '../posting/bench-ledger.js';
import type { Operation } from '../support/load.js';

export interface SagaBenchOptions {
  readonly cluster: string;
  readonly shardUrls: readonly string[];
  readonly controlUrl: string;
  readonly temporalAddress: string;
  /** The pump's limits, where they are not its own. */
  readonly pump?: Pick<PumpOptions, 'maxBatch' | 'maxPerRoute' | 'worthAnother'>;
}

const ACCOUNTS_A_SHARD = 5_000;
/** Of transfers to one shard. */
export const PAYEES = 100;
const PATIENCE_MS = 60_000;
const logger = pino({ level: 'error' });

/** One node's intake, pumps and worker, with a spread tenant's accounts on every shard. */
export class SagaBench {
  private readonly ended = new AbortController();
  private readonly running: Promise<void>[] = [];

  private constructor(
    readonly bench: BenchLedger,
    private readonly link: TemporalLink,
    private readonly accounts: readonly (readonly AccountId[])[],
  ) {}

  static async open({ temporalAddress: address, pump, ...options }: SagaBenchOptions): Promise<SagaBench> {
    const { cluster, shardUrls } = options;
    const bench = await BenchLedger.open(options, 'bench', '', 'spread');
    const { ledger } = bench;
    installTemporalRuntime(logger);
    const activities = createSagaActivities(ledger.steps);
    const link = new TemporalLink({ address, namespace: 'default', cluster, logger, activities });
    link.start();
    const accounts = await accountsOfEachShard(bench, shardUrls.length);
    const saga = new SagaBench(bench, link, accounts);
    for (const shard of ledger.facts.map.shards) {
      const parts = {
        pool: ledger.pools.at(shard),
        barrier: ledger.pools.barrier(shard),
        wake: atShard(ledger.heads, shard).subscribe(),
        startSaga: link.startSaga,
        version: link.version,
        inTrouble: (other: number) => ledger.router.inTrouble(other),
        // Temporal is stopped on purpose; what must not be is found by the check of the books.
        onError: (): undefined => undefined,
      };
      saga.running.push(new Pump({ shard, cluster, ...parts, ...pump }).run(saga.ended.signal));
    }
    return saga;
  }

  /** Transfers of which that share goes from one shard to another; the others stay within one. Counts what is posted. */
  transfers(shareAcross: number, waitMs = PATIENCE_MS): Operation {
    return this.among(this.accounts.length, shareAcross, () => this.bench.nextKey(), waitMs);
  }

  /** The same among the first shards alone, with keys that live there too. */
  transfersAmong(shards: number): Operation {
    return this.among(shards, 1, () => this.keyAmong(shards), PATIENCE_MS);
  }

  /** From one of the shards before it to that shard, to its first few accounts in turn; true if it waits or was posted. */
  transferTo(shard: number, waitMs = PATIENCE_MS): Operation {
    let sent = 0;
    return async () => {
      const debit = this.some(Math.floor(Math.random() * shard));
      const payees = atShard(this.accounts, shard).slice(0, PAYEES);
      const payee = payees[sent++ % payees.length] ?? debit;
      const status = await this.move(this.keyAmong(shard), debit, payee, waitMs);
      return status === 'processing' || status === 'posted';
    };
  }

  private among(shards: number, shareAcross: number, nextKey: () => string, waitMs: number): Operation {
    return async () => {
      const from = Math.floor(Math.random() * shards);
      const across = Math.random() < shareAcross;
      const to = across ? (from + 1 + Math.floor(Math.random() * (shards - 1))) % shards : from;
      const debit = this.some(from);
      let credit = this.some(to);
      while (credit === debit) credit = this.some(to);
      return (await this.move(nextKey(), debit, credit, waitMs)) === 'posted';
    };
  }

  /** @returns the transfer's status */
  private async move(key: string, debit: AccountId, credit: AccountId, waitMs: number) {
    const request = this.bench.request(key, debit, credit);
    const { kind, ...answer } = await this.bench.ledger.intake.transfer(request, ORIGIN, { waitMs });
    if (kind === 'refused') throw new Error(`refused: ${JSON.stringify(answer)}`);
    return 'transfer' in answer ? answer.transfer.status : 'processing';
  }

  private keyAmong(shards: number): string {
    const { bench } = this;
    for (;;) {
      const key = bench.nextKey();
      const digest = keyDigest(bench.tenant, 'client', key);
      const home = claimIdOf(keyBucketOf(bench.tenant, 'spread', digest), digest);
      if (bench.ledger.facts.map.shardOf(home) < shards) return key;
    }
  }

  async close(): Promise<void> {
    this.ended.abort();
    await Promise.all(this.running);
    await this.link.stop();
    await this.bench.ledger.close();
  }

  private some(shard: number): AccountId {
    const accounts = atShard(this.accounts, shard);
    const account = accounts[Math.floor(Math.random() * accounts.length)];
    if (account === undefined) throw new RangeError(`no accounts on shard ${shard}`);
    return account;
  }
}

/** Placement groups are tried until each shard has one. */
async function accountsOfEachShard(bench: BenchLedger, shards: number): Promise<AccountId[][]> {
  const groups = new Map<number, string>();
  for (let n = 0; groups.size < shards; n += 1) {
    const group = `group-${n}`;
    const [probe] = await bench.accounts(1, `probe ${n}`, group);
    const shard = probe === undefined ? undefined : bench.ledger.facts.map.shardOf(probe);
    if (shard !== undefined && !groups.has(shard)) groups.set(shard, group);
  }
  return Promise.all(
    Array.from({ length: shards }, (_, shard) =>
      bench.accounts(ACCOUNTS_A_SHARD, `shard ${shard}`, groups.get(shard)),
    ),
  );
}
