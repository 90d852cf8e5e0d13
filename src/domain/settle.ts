import { existing } from './account.js';
import { entriesOf } from './entries.js';
import type { TransferConfirmed } from './event.js';
import { remainingOf } from './parts.js';
import { legsOfParts } from './plan.js';
import type { LedgerView } from './state.js';
import type { TransferState } from './transfer.js';

/**
 * What the end of a try writes, and what it does to the earlier transfer that the try was about. A confirmed capture is
 * final for its hold if it was asked to be and the hold is still open; a canceled one gives its parts back to the hold if
 * that is still open, else frees them.
 */
export function settle(
  state: LedgerView,
  { first, follows }: TransferState,
  movement: 'confirm' | 'release',
): Pick<TransferConfirmed, 'entries' | 'follows' | 'released'> {
  const legs = first?.legs ?? [];
  const accountOf = (id: Parameters<LedgerView['account']>[0]) => existing(state.account(id), id);
  if (follows?.kind !== 'capture') {
    const entries = entriesOf({ moved: [legs, movement] }, accountOf);
    return follows === undefined ? { entries } : { follows, entries };
  }
  const { of, parts, final } = follows;
  const hold = state.transfer(of);
  if (hold?.first === undefined || hold.hold === undefined) throw new Error(`hold ${of} was not loaded`);
  const isOpen = hold.last === undefined;
  const confirmed = movement === 'confirm';
  const rest = final && isOpen ? remainingOf(hold.hold) : [];
  const released = confirmed ? rest : isOpen ? [] : parts;
  const moved = confirmed ? { moved: [legs, 'confirm'] as const } : { credited: [legs, 'release'] as const };
  const held = [legsOfParts(hold.first.legs, released), 'release'] as const;
  return { follows, released, entries: entriesOf({ ...moved, held }, accountOf) };
}
