import type { TenantId, TransferId } from '../../domain/ids.js';
import type { Step, StepResult } from '../../domain/transfer.js';
import type { Queryable } from '../queryable.js';
import { idOf, resultOf, stepOf, uuidArray } from '../wire.js';

/** A recorded step with the text of its event. */
export interface StepRecord {
  readonly transfer: TransferId;
  readonly tenant: TenantId;
  readonly step: Step;
  readonly result: StepResult;
  readonly coordinates: boolean;
  readonly seq: number;
  readonly body: string;
}

/** Every step this shard has recorded for the transfers, in the order of its journal. */
export async function readSteps(db: Queryable, transfers: Iterable<TransferId>): Promise<StepRecord[]> {
  const { rows } = await db.query<StepRow>({
    name: 'read-steps',
    text: `SELECT s.transfer, s.tenant, s.step, s.result, s.coordinates, s.seq, e.body
             FROM unnest($1::uuid[]) AS wanted (id)
             JOIN steps s ON s.transfer = wanted.id
             JOIN events e ON e.seq = s.seq
            ORDER BY s.seq`,
    values: [uuidArray(transfers)],
  });
  return rows.map((row) => ({
    transfer: idOf<TransferId>('tr', row.transfer),
    tenant: row.tenant,
    step: stepOf(row.step),
    result: resultOf(row.result),
    coordinates: row.coordinates,
    seq: Number(row.seq),
    body: row.body,
  }));
}

interface StepRow {
  readonly transfer: string;
  readonly tenant: TenantId;
  readonly step: number;
  readonly result: number;
  readonly coordinates: boolean;
  readonly seq: string;
  readonly body: string;
}
