import type { JournalEvent } from './journal-event.js';
import type { RowText, SnapshotTable } from './shard-snapshot.js';

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
};
/** A rejection stands under the step that was refused. */
const REJECTED: Readonly<Record<string, number>> = {
  post: 1,
  try: 2,
  pivot: 3,
  hold: 6,
  capture: 7,
  void: 8,
};

/** The rows that an event must have left in its shard's tables. */
export function expectedRows(text: string, event: JournalEvent): Record<SnapshotTable, RowText[]> {
  const { data, tenant = '', time } = event;
  const parent = data.reverses ?? (event.type === 'saldo.transfer.rejected' ? undefined : data.hold);
  return {
    events: [text],
    entries: (data.entries ?? []).map(({ account, version, after }, ordinal) =>
      [account.slice(4), version, ordinal, tenant, ...after, Date.parse(time)].join(' '),
    ),
    steps: stepRows(event),
    links: parent === undefined ? [] : [`${parent.slice(3)} ${tenant}`],
  };
}

/** One for the operation and one for each claim; a claim with the operation's own bits needs none. */
function stepRows({ type, data, tenant = '' }: JournalEvent): RowText[] {
  const rows: [number, string][] = [];
  const own = data.transfer?.slice(3);
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
