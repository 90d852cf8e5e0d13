import type { CheckpointData, JournalEvent } from './journal-event.js';
import { occurrenceId } from './schedules.js';
import type { RowText, SnapshotTable } from './snapshot-rows.js';

const CLAIM = 0;
/** The number that stands for a step in the shard's table, by the type of its event. */
const STEPS: Readonly<Record<string, number>> = {
  'saldo.transfer.posted': 1,
  'saldo.transfer.tried': 2,
  'saldo.transfer.pivoted': 3,
  'saldo.transfer.confirmed': 4,
  'saldo.transfer.canceled': 5,
  'saldo.transfer.held': 6,
  'saldo.transfer.captured': 7,
  'saldo.hold.voided': 8,
  'saldo.hold.expired': 9,
  'saldo.account.changed': 10,
  'saldo.account.change_rejected': 10,
  'saldo.schedule.created': 11,
  'saldo.schedule.canceled': 12,
  'saldo.transfer.review': 13,
  'saldo.review.approved': 14,
  'saldo.review.declined': 15,
  'saldo.review.expired': 9,
};
/** A rejection stands under the step that was refused. */
const REJECTED: Readonly<Record<string, number>> = {
  post: 1,
  try: 2,
  pivot: 3,
  hold: 6,
  capture: 7,
  void: 8,
  approve: 14,
  decline: 15,
};

/** The rows that an event must have left in its shard's tables. */
export function expectedRows(text: string, event: JournalEvent): Record<SnapshotTable, RowText[]> {
  const { data, tenant = '', time } = event;
  const parent = parentOf(event);
  return {
    events: [`${JSON.stringify(event.tenant ?? null)} ${text}`],
    entries: (data.entries ?? []).map(({ account, version, after }, ordinal) =>
      [account.slice(4), version, ordinal, tenant, ...after, Date.parse(time)].join(' '),
    ),
    steps: stepRows(event),
    links: parent === undefined ? [] : [`${parent.slice(parent.indexOf('_') + 1)} ${tenant}`],
    signing_keys: data.signing_key === undefined ? [] : [data.signing_key.id],
    checkpoints: data.checkpoint === undefined ? [] : [checkpointRow(data.checkpoint)],
  };
}

/** What the event is found under besides its own id. */
function parentOf({ type, data, tenant = '' }: JournalEvent): string | undefined {
  const { schedule } = data;
  if (type === 'saldo.transfer.rejected') return data.reverses;
  if (schedule === undefined) return data.reverses ?? data.hold ?? data.releases ?? data.review;
  if (type !== 'saldo.schedule.created') return data.called_off ?? schedule;
  return data.rule === undefined ? occurrenceId(tenant, schedule, 1) : undefined;
}

const checkpointRow = ({ number, first, last, root }: CheckpointData): RowText =>
  [number, first, last, root].join(' ');

/** One for the operation and one for each claim; a claim with the operation's own bits needs none. */
function stepRows({ type, data, tenant = '' }: JournalEvent): RowText[] {
  const rows: [number, string][] = [];
  const made = type === 'saldo.schedule.created' ? data.schedule?.slice(4) : undefined;
  const own = made ?? data.transfer?.slice(3);
  if (own !== undefined) {
    const step = type === 'saldo.transfer.rejected' ? REJECTED[data.step ?? ''] : STEPS[type];
    rows.push([step ?? -1, own]);
  }
  for (const claim of [data.claim, data.reference_claim]) {
    const id = claim?.id.slice(4);
    if (id !== undefined && id !== own) rows.push([CLAIM, id]);
  }
  rows.sort(([a, x], [b, y]) => a - b || (x < y ? -1 : 1));
  return rows.map(([step, id]) => `${id} ${step} ${tenant}`);
}
