import { MOST_BEHIND, MOST_COVERED, UNSIGNED } from './checkpoint.js';
import type { AddSigningKey, SignCheckpoint } from './command.js';
import { already, type Decision, decided, refuse } from './outcome.js';
import type { LedgerView } from './state.js';

/**
 * A checkpoint is made from what was committed, outside of the kernel, and may come late: here is only settled that it is
 * the next one, by the key that signs, over events that are there. Two nodes can not both make the next.
 */
export function signCheckpoint(
  state: LedgerView,
  { checkpoint, signature }: SignCheckpoint,
  seq: number,
): Decision {
  const { keys, checkpoint: latest } = state.signing() ?? UNSIGNED;
  const { number, first, last, root, key } = checkpoint;
  if (latest?.number === number && latest.last === last && latest.root === root) return already(latest.seq);
  if (keys.at(-1)?.id !== key) return refuse({ code: 'signing_key_not_current' });
  const next = number === (latest?.number ?? 0) + 1 && first > (latest?.last ?? 0);
  const there = checkpoint.shard === state.shard && first <= last && last < seq;
  const near = last - first < MOST_COVERED && seq - first <= MOST_BEHIND;
  if (!next || !there || !near) return refuse({ code: 'checkpoint_out_of_order' });
  return decided([{ type: 'checkpoint.signed', checkpoint, signature }], seq, { result: 'done' });
}

/** A key takes over from the one that signs now, and never comes back: who has an old key can not go on with it. */
export function addSigningKey(
  state: LedgerView,
  { signingKey, signature, voucher }: AddSigningKey,
  seq: number,
): Decision {
  const { keys } = state.signing() ?? UNSIGNED;
  const current = keys.at(-1);
  if (current?.id === signingKey.id) return already(current.seq);
  const known = keys.some(({ id }) => id === signingKey.id);
  const ours = signingKey.shard === state.shard;
  if (known || !ours || signingKey.previous !== (current?.id ?? null)) {
    return refuse({ code: 'signing_key_not_current' });
  }
  const vouched = voucher === undefined ? {} : { voucher };
  const event = { type: 'signing_key.added', signingKey, signature, ...vouched } as const;
  return decided([event], seq, { result: 'done' });
}
