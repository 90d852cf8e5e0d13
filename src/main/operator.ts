import type { TransferId } from '../domain/ids.js';
import { decodeEvent } from '../journal/decode.js';
import { atShard } from '../routing/shard-map.js';
import { begunBy } from '../saga/begun-by.js';
import { byTransfer, type InDoubt, readInDoubt } from '../saga/in-doubt.js';
import { type OpenSaga, openSagaOf, type ShardHistory } from '../saga/open-saga.js';
import type { SagaWorkflowId } from '../saga/workflow-id.js';
import { readHistory } from '../storage/statements/read-history.js';
import { readTried } from '../storage/statements/read-tried.js';
import { wakePump } from '../storage/statements/wake-pump.js';
import { type OperatorOptions, openDatabases } from './operator-databases.js';

/** What became of an operator's cancel. */
export type CancelAnswer =
  | { readonly kind: 'canceled'; readonly event: string }
  | { readonly kind: 'refused'; readonly why: string };

/** An operator's way to the sagas: over the databases, whether or not a node or Temporal runs. */
export interface Operator {
  /** `limit`: most transfers that are listed; the amounts are of all. */
  inDoubt(limit?: number): Promise<InDoubt>;
  /** Undefined if it is no transfer across shards. Throws if its coordinator, who alone knows, does not answer. */
  saga(transfer: TransferId): Promise<OpenSaga | undefined>;
  /** What a workflow carries, in the order of intake. Throws if a shard of its routes does not answer. */
  sagasOf(workflow: SagaWorkflowId): Promise<OpenSaga[]>;
  /** Puts the cancel to the pivot's shard, which decides; the saga then carries it to the others. */
  cancel(saga: OpenSaga, actor: string): Promise<CancelAnswer>;
  /** Wakes the pump of the coordinator's shard; false where no node pumps it now. */
  wake(saga: OpenSaga): Promise<boolean>;
  close(): Promise<void>;
}

export async function openOperator(options: OperatorOptions): Promise<Operator> {
  const { facts, pools, writer: writerOf, close } = await openDatabases(options);
  const byShard = new Map(pools.map((pool, shard) => [shard, pool]));
  return {
    inDoubt: (limit) => readInDoubt(byShard, limit),
    saga: async (transfer) => {
      const coordinator = facts.map.shardOf(transfer);
      if (!facts.map.shards.includes(coordinator)) return undefined;
      const histories = new Map<number, ShardHistory>();
      await Promise.all(
        pools.map(async (pool, shard) => {
          const rows = await readHistory(pool, [transfer]).catch((error: unknown) => {
            if (shard !== coordinator) return undefined;
            const why = `shard ${shard}, the coordinator of ${transfer}, can not be asked`;
            throw new Error(`${why}: ${error instanceof Error ? error.message : String(error)}`, {
              cause: error,
            });
          });
          if (rows !== undefined) histories.set(shard, byTransfer([transfer], rows));
        }),
      );
      return openSagaOf(transfer, histories);
    },
    sagasOf: async ({ routes, first, last }) => {
      const [[coordinator = 0] = []] = routes;
      const found = await readTried(atShard(pools, coordinator), first, last);
      const tried = found.flatMap(({ id, approval }) =>
        approval === undefined ? [id] : (begunBy(decodeEvent(approval).event)?.transfer ?? []),
      );
      const histories = new Map<number, ShardHistory>();
      for (const shard of new Set(routes.flat())) {
        histories.set(shard, byTransfer(tried, await readHistory(atShard(pools, shard), tried)));
      }
      // Others of the same time went another way, and are another workflow's.
      const ways = new Set(routes.map((route) => route.join()));
      const sagas = tried.flatMap((transfer) => openSagaOf(transfer, histories) ?? []);
      return sagas.filter(({ route }) => ways.has(route.join()));
    },
    cancel: async ({ transfer, tenant, route, kind, of }, actor) => {
      if (kind === 'release')
        return { kind: 'refused', why: `it frees what ${of} no longer holds: it can only go forward` };
      const [coordinator = 0] = route;
      const shard = route.at(-1) ?? coordinator;
      const writer = writerOf(shard);
      try {
        const reason = { code: 'operator' } as const;
        const command = { kind: 'cancel', tenant, transfer, coordinator, reason } as const;
        const outcome = await writer.submit(command, { actor });
        if (outcome.kind === 'recorded') return { kind: 'canceled', event: `${shard}-${outcome.seq}` };
        const { code } = outcome.rejection;
        const past =
          kind === 'hold'
            ? `shard ${shard}, its pivot, has decided that it is held (void it once it is)`
            : `shard ${shard}, its pivot, has posted it: it can only go forward (reverse it once it is posted)`;
        return {
          kind: 'refused',
          why: code === 'transfer_decided' ? past : `shard ${shard} refuses: ${code}`,
        };
      } finally {
        await writer.close();
      }
    },
    wake: ({ route: [coordinator = 0] }) => wakePump(atShard(pools, coordinator), coordinator),
    close,
  };
}
