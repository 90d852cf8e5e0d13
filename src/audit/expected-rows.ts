import type { ClaimData, JournalEvent } from './journal-event.js';
import type { RowText, SnapshotTable } from './shard-snapshot.js';

const STEP_CODES: Readonly<Record<string, number>> = { post: 1, try: 2, pivot: 3 };
const FIRST_STEPS: Readonly<Record<string, number>> = {
  'saldo.transfer.posted': 1,
  'saldo.transfer.tried': 2,
  'saldo.transfer.pivoted': 3,
};
const DONE = 1;
const REJECTED = 2;
const TOMBSTONE = 3;
const CONFIRM = 4;
const CANCEL = 5;

/** The rows that an event must have left in its shard's tables. */
export function expectedRows(
  text: string,
  event: JournalEvent,
  coordinates: boolean,
): Record<SnapshotTable, RowText[]> {
  const { data, tenant = '' } = event;
  return {
    events: [text],
    entries: (data.entries ?? []).map(({ account, version, after }, ordinal) =>
      [account.slice(4), version, ordinal, tenant, ...after, Date.parse(event.time)].join(' '),
    ),
    claims: data.claim === undefined ? [] : [claimRow(data.claim, tenant)],
    steps: stepRow(event, coordinates),
  };
}

function claimRow(
  { id, namespace, subject, form, request, fields, key }: ClaimData,
  tenant: string,
): RowText {
  const pairs = Object.entries(fields).map(([name, hash]) => `${name}:${hash}`);
  return [id.slice(4), tenant, namespace, subject, form, request, pairs.join(','), key].join(' ');
}

function stepRow({ type, data, tenant = '' }: JournalEvent, coordinates: boolean): RowText[] {
  if (data.transfer === undefined || data.account !== undefined) return [];
  const [step, result] = ((): [number, number] => {
    if (type === 'saldo.transfer.rejected') return [STEP_CODES[data.step ?? ''] ?? 0, REJECTED];
    if (type === 'saldo.transfer.confirmed') return [CONFIRM, DONE];
    if (type === 'saldo.transfer.canceled') return [CANCEL, data.tombstone === true ? TOMBSTONE : DONE];
    return [FIRST_STEPS[type] ?? 0, DONE];
  })();
  return [[data.transfer.slice(3), step, result, coordinates ? 1 : 0, tenant].join(' ')];
}
