import pg from 'pg';
import { trustedKeysIn } from '../../../src/audit/checkpoints/signatures.js';
import { prove } from '../../../src/audit/proof/prove.js';
import { shardsProofSource } from '../../../src/audit/proof/shards-proof-source.js';
import { verifyProof } from '../../../src/audit/proof/verify-proof.js';
import type { TransferId } from '../../../src/domain/ids.js';
import { newSigningKey, publicPem, Signer } from '../../../src/journal/signing-key.js';
import { migrateDatabase } from '../../../src/storage/migrate.js';
import { percentile } from '../support/load.js';
import { round } from '../support/measure.js';
import type { BenchRow } from '../support/row.js';
import type { Servers } from '../support/servers.js';
import { journalOf } from './make-journal.js';

const PROOFS = 20;
const POSTED = '"type":"saldo.transfer.posted"';

export interface ProveOptions {
  readonly servers: Servers;
  /** How long the journal is. */
  readonly events: number;
  readonly onProgress: (line: string) => void;
}

/** Proofs of transfers all over a long signed journal, from the shard's tables: each as a command of its own, connections included. */
export async function proveLong({ servers, events, onProgress }: ProveOptions): Promise<BenchRow> {
  const url = await servers.database(0, 'prove_0');
  await migrateDatabase(url, 'shard');
  const signer = new Signer(newSigningKey());
  onProgress(`a signed journal of ${events} events in a shard`);
  const transfers = await fill(url, signer, events);
  const trust = trustedKeysIn(publicPem(signer));
  const tookMs: number[] = [];
  for (let i = 0; i < PROOFS; i += 1) {
    const transfer = transfers[Math.floor(((i + 0.5) * transfers.length) / PROOFS)] ?? '';
    const started = performance.now();
    const source = shardsProofSource([url]);
    const proof = await prove(transfer, source).finally(() => source.close());
    tookMs.push(performance.now() - started);
    verifyProof(proof, trust);
  }
  tookMs.sort((a, b) => a - b);
  return {
    name: 'prove',
    rate: Math.round((PROOFS / tookMs.reduce((sum, ms) => sum + ms, 0)) * 1_000),
    p50_ms: round(percentile(tookMs, 0.5), 0),
    p99_ms: round(percentile(tookMs, 0.99), 0),
    note: `${events} events; ${PROOFS} proofs, the slowest is p99`,
  };
}

/** Writes the events and the rows by which they are found; returns some of the transfers that checkpoints cover, in order. */
async function fill(url: string, signer: Signer, events: number): Promise<TransferId[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const transfers: TransferId[] = [];
  const covered: TransferId[] = [];
  let seq = 0;
  try {
    await client.query('SET synchronous_commit = off');
    let written: Promise<unknown> = Promise.resolve();
    const made = { cluster: 'prove', shards: 1, operations: events, accounts: 5_000, signer };
    for (const texts of journalOf(made, 0)) {
      const some = texts.slice(0, events - seq);
      const [ids, seqs]: [string[], number[]] = [[], []];
      for (const [i, text] of some.entries()) {
        const at = seq + 1 + i;
        if (text.includes('"type":"saldo.checkpoint.signed"')) {
          await written;
          await client.query(CHECKPOINT, [at, text]);
          covered.push(...transfers.splice(0));
        } else if (text.includes('"type":"saldo.signing_key.added"')) await client.query(KEY, [at, text]);
        const transfer = /"data":\{"transfer":"tr_([0-9a-f]{32})"/.exec(text)?.[1];
        if (transfer === undefined) continue;
        ids.push(transfer);
        seqs.push(at);
        if (at % 1_000 === 0 && text.includes(POSTED)) transfers.push(`tr_${transfer}` as TransferId);
      }
      await written;
      // The next ones are made meanwhile.
      const after = seq;
      written = client
        .query(EVENTS, [after, some.join('\n')])
        .then(() => client.query(STEPS, [`{${ids.join()}}`, `{${seqs.join()}}`]));
      written.catch(() => undefined);
      seq += some.length;
      if (seq >= events) break;
    }
    await written;
    await client.query('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
  return covered;
}

const EVENTS = `INSERT INTO events (seq, tenant, body)
  SELECT $1::bigint + n, 'bench', body FROM string_to_table($2, E'\\n') WITH ORDINALITY AS t (body, n)`;
const STEPS = `INSERT INTO steps (id, step, tenant, seq)
  SELECT id, 1, 'bench', seq FROM unnest($1::uuid[], $2::bigint[]) AS t (id, seq) ON CONFLICT DO NOTHING`;
const CHECKPOINT = `INSERT INTO checkpoints (seq, number, first, last, root)
  SELECT $1::bigint, (c->>'number')::int, (c->>'first')::bigint, (c->>'last')::bigint, c->>'root'
    FROM (SELECT ($2::json)->'data'->'checkpoint' AS c) AS e`;
const KEY = `INSERT INTO signing_keys (seq, id) SELECT $1::bigint, ($2::json)->'data'->'signing_key'->>'id'`;
