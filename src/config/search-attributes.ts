/**
 * What Temporal's visibility knows of a saga's workflow besides its own: registered when the stack's server starts, and
 * by each node, so that a server of somebody else's has them too. Few, since a server on SQL has room for ten keywords,
 * three lists and three integers in a namespace.
 */
export const SEARCH_ATTRIBUTES = {
  SaldoCluster: 'Keyword',
  /** Coordinator, participants in order, pivot last: `0>1`. */
  SaldoRoute: 'Keyword',
  SaldoTenants: 'KeywordList',
  /** The lower number first: `0-1`. */
  SaldoShardPairs: 'KeywordList',
  /** The batch: the coordinator's sequences of its first and last intent. */
  SaldoFirst: 'Int',
  SaldoLast: 'Int',
} as const;
