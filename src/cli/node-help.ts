/** Of `saldo node`: its roles, and all that the environment can say to a node. */
export const NODE_HELP = `
api serves HTTP, worker carries out sagas, relay publishes the journal, pump
starts sagas, carries them out as well and lets holds expire, search feeds the
read model. Which of the nodes with a role does it for a shard is settled by a
lock there.

The environment (what is in parentheses holds where nothing is said):

  SALDO_CLUSTER                  the cluster's name, in every event and topic
                                 (saldo)
  SALDO_TENANT                   the tenant made at the first start (main)
  SALDO_TENANT_PLACEMENT         its accounts: compact, all on one shard, or
                                 spread (spread)
  SALDO_API_KEY                  its API key, sk_<id>_<secret>; one is made up
                                 and printed once if there is none
  SALDO_SHARD_URLS, SALDO_CONTROL_URL, SALDO_KAFKA_BROKERS,
  SALDO_TEMPORAL_ADDRESS         servers that are not the stack's: "saldo stack
                                 --help" tells their form
  SALDO_TEMPORAL_NAMESPACE       (default)
  SALDO_SEARCH_URL               the read model's database (one beside the
                                 control database, made if it is not there)
  SALDO_SAGA_DEADLINE_SECONDS    after which an undecided transfer across shards
                                 is canceled (3600)
  SALDO_NEEDS_OPERATOR_AFTER     seconds after which "saldo saga list" asks for
                                 an operator (900)
  SALDO_REVIEW_ABOVE             CZK=10000.00,EUR=500: above that a transfer
                                 waits for a person (none)
  SALDO_REVIEW_ESCALATE_SECONDS  after which it is listed as escalated (86400)
  SALDO_REVIEW_DEADLINE_SECONDS  after which it is rejected (604800)
  SALDO_SIGNING_KEY_FILE         the Ed25519 key (PEM) that signs checkpoints;
                                 or the key itself in SALDO_SIGNING_KEY
                                 (signing-key.pem in the stack's folder, made if
                                 it is not there)
  SALDO_CHECKPOINT_EVENTS        events after which a checkpoint is signed, at
                                 most 10000 (10000)
  SALDO_CHECKPOINT_SECONDS       seconds after which one is signed if anything
                                 happened (10)
  SALDO_ANCHOR_DIR               a folder where signed checkpoints are kept
                                 besides the ledger, a file for each shard
  SALDO_ANCHOR_BROKERS           host:port,… of brokers where they are kept too,
                                 in a topic of their own
  SALDO_METRICS                  where GET /metrics is: off, api (its port), or
                                 [address:]port of its own, loopback (off)
  SALDO_LOG_LEVEL                trace, debug, info, warn, error (info)`;
