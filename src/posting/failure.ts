import pg from 'pg';

/**
 * What a failed append means.
 * `contended`: another node wrote first; nothing of ours was written.
 * `stop`: this node must not write the shard any more; nothing was written.
 * `data`: a command's own fault, or a stale copy; nothing was written.
 * `unknown`: it may or may not have been committed, or the shard can not be asked.
 */
export type Failure =
  | { readonly kind: 'contended' }
  | { readonly kind: 'stop'; readonly cause: 'writer_version' | 'clock_ahead' | 'epoch' }
  | { readonly kind: 'data' }
  | { readonly kind: 'unknown' };

/** SQLSTATE classes of one command's fault: data exception, integrity violation, limit exceeded. */
const DATA = /^(22|23|54|SA005)/;

export function classify(error: unknown): Failure {
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  if (code === 'SA001') return { kind: 'contended' };
  if (code === 'SA002') return { kind: 'stop', cause: 'writer_version' };
  if (code === 'SA003') return { kind: 'stop', cause: 'clock_ahead' };
  if (code === 'SA004') return { kind: 'stop', cause: 'epoch' };
  return DATA.test(code) ? { kind: 'data' } : { kind: 'unknown' };
}
