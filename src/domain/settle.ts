import { existing } from './account.js';
import { entriesOf, movementsOf } from './entries.js';
import type { TransferConfirmed } from './event.js';
import { type Freeing, freeing } from './freeing.js';
import type { AccountId } from './ids.js';
import { remainingOf } from './parts.js';
import type { LedgerView } from './state.js';
import type { FollowUp, TransferState } from './transfer.js';

/** What the end of a try writes, and what has to be written before it. */
type Settled = Pick<TransferConfirmed, 'entries' | 'follows' | 'released'> & Pick<Freeing, 'begins'>;

/**
 * What the end of a try writes, and what it does to the earlier transfer that the try was about. A confirmed capture is
 * final for its hold if it was asked to be and the hold is still open; a canceled one gives its parts back to the hold if
 * that is still open, else frees them.
 */
export function settle(state: LedgerView, known: TransferState, movement: 'confirm' | 'release'): Settled {
  const { follows } = known;
  const accountOf = (id: AccountId) => existing(state.account(id), id);
  if (follows?.kind === 'capture') return captured(state, known, follows, movement);
  const { first, purpose } = known;
  const entries = entriesOf(movementsOf(purpose, first?.legs ?? [], movement), accountOf);
  return follows === undefined ? { entries, begins: [] } : { follows, entries, begins: [] };
}

/** The end of a capture at its coordinator, which is the hold's. */
function captured(
  state: LedgerView,
  known: TransferState,
  follows: Extract<FollowUp, { kind: 'capture' }>,
  movement: 'confirm' | 'release',
): Settled {
  const { of, parts, final } = follows;
  const hold = state.transfer(of);
  if (hold?.first === undefined || hold.hold === undefined) throw new Error(`hold ${of} was not loaded`);
  const isOpen = hold.last === undefined;
  const rest = final && isOpen ? remainingOf(hold.hold) : [];
  const released = movement === 'confirm' ? rest : isOpen ? [] : parts;
  const { debits, begins } = freeing(hold, released, known.id, state.shard);
  const moved = movementsOf('capture', known.first?.legs ?? [], movement);
  const entries = entriesOf({ ...moved, held: [debits, 'release'] }, (id) => existing(state.account(id), id));
  return { follows, released, entries, begins };
}
