import pg from 'pg';

/** What was decided without writing anything was read from a copy that is not the shard's any more. */
export class StaleCopyError extends Error {
  override readonly name = 'StaleCopyError';
}

/** A batch that can not be computed, whatever the server does: some command's, or its history's, fault. */
export class UncomputableError extends Error {
  override readonly name = 'UncomputableError';
}

/**
 * What a failed batch means.
 * `stale`: nothing was to be written, and the answers would be of the past.
 * `known`: a key that was taken for a new one was used before; nothing was written.
 * `contended`: another node wrote first; nothing of ours was written.
 * `early`: this node's clock is ahead of the shard's; nothing was written, and it may be when the two agree.
 * `stop`: this node must not write the shard any more; nothing was written.
 * `data`: a command's own fault, or a stale copy; nothing was written.
 * `unknown`: it may or may not have been committed, or the shard can not be asked.
 */
export type Failure =
  | { readonly kind: 'stale' }
  | { readonly kind: 'known' }
  | { readonly kind: 'contended' }
  | { readonly kind: 'early' }
  | { readonly kind: 'stop'; readonly cause: 'writer_version' | 'epoch' }
  | { readonly kind: 'data' }
  | { readonly kind: 'unknown' };

/** SQLSTATE classes of one command's fault: data exception, integrity violation, limit exceeded. */
const DATA = /^(22|23|54|SA005)/;

export function classify(error: unknown): Failure {
  if (error instanceof StaleCopyError) return { kind: 'stale' };
  if (error instanceof UncomputableError) return { kind: 'data' };
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  if (code === 'SA001') return { kind: 'contended' };
  if (code === 'SA002') return { kind: 'stop', cause: 'writer_version' };
  if (code === 'SA003') return { kind: 'early' };
  if (code === 'SA004') return { kind: 'stop', cause: 'epoch' };
  if (code === 'SA006') return { kind: 'known' };
  return DATA.test(code) ? { kind: 'data' } : { kind: 'unknown' };
}
