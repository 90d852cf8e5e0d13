import canonicalize from 'canonicalize';
import type { CheckpointStatement } from '../domain/checkpoint.js';

/** A signed checkpoint as it is kept outside of the ledger's databases and its journal (docs/journal-format.md). */
export interface Anchor {
  /** Of the checkpoint's own event. */
  readonly sequence: number;
  readonly checkpoint: CheckpointStatement;
  /** Lower-case hex. */
  readonly signature: string;
  /** The key that the checkpoint names, 32 bytes in lower-case hex: with it a line can be verified by itself. */
  readonly public: string;
}

/** One line by RFC 8785, without a line break: the same bytes whoever writes it, and whenever. */
export function anchorText(anchor: Anchor): string {
  const text = canonicalize({ kind: 'saldo.anchor', format: 1, ...anchor });
  if (text === undefined) throw new TypeError('an anchor has no canonical text');
  return text;
}
