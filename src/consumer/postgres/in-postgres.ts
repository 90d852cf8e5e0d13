import type pg from 'pg';
import { withClient } from '../../storage/with-client.js';
import { HandlerFailedError, ShardTakenOverError } from '../errors.js';
import type { Item, JournalEvent, PoisonRecord, Position } from '../journal-event.js';
import type { Processing, ProcessingContext, ShardSession } from '../processing.js';

export interface InPostgresOptions {
  /** Of the consumer's own database; at least one connection a shard. */
  readonly pool: pg.Pool;
  /**
   * Writes what the event does by `client`, which is inside the transaction that moves the position: no BEGIN, COMMIT or
   * ROLLBACK here, and what is done by other means than `client` is not undone if the transaction is.
   */
  readonly handle: (event: JournalEvent, client: pg.ClientBase) => Promise<void>;
}

/**
 * Exactly once: what events do in a Postgres database is committed together with the position. An instance that was
 * replaced can commit nothing, since its token is no longer the shard's. Needs the tables of `migrateConsumer`.
 */
export function inPostgres({ pool, handle }: InPostgresOptions): Processing {
  let context: ProcessingContext | undefined;
  const started = (): ProcessingContext => {
    if (context === undefined) throw new Error('the consumer was not started');
    return context;
  };
  return {
    start: async (given) => {
      context = given;
      const { rows } = await pool.query(`SELECT to_regclass('saldo_consumer.positions') AS found`);
      if (rows[0]?.found === null) {
        throw new Error('this database has no table saldo_consumer.positions: run migrateConsumer(url) once');
      }
    },
    isFree: async (shard) => {
      const { rowCount } = await pool.query(
        'SELECT FROM saldo_consumer.positions WHERE group_name = $1 AND shard = $2 AND held_by IS NOT NULL',
        [started().group, shard],
      );
      return rowCount === 0;
    },
    open: async (shard) => PostgresSession.open(pool, handle, started(), shard),
  };
}

interface PositionRow {
  readonly token: string;
  readonly seq: string | null;
  readonly hash: string;
  readonly kafka_offset: string;
}

// An instance that stalls in mid-transaction must not keep the shard from the others.
const BEGIN = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = '30s'`;

class PostgresSession implements ShardSession {
  private constructor(
    private readonly pool: pg.Pool,
    private readonly handle: InPostgresOptions['handle'],
    private readonly group: string,
    private readonly shard: number,
    private readonly token: string,
    /** Undefined before the first commit. */
    public position: Position | undefined,
  ) {}

  static async open(
    pool: pg.Pool,
    handle: InPostgresOptions['handle'],
    { group, instance }: ProcessingContext,
    shard: number,
  ): Promise<PostgresSession> {
    // Waits for a transaction of the instance before, and comes before or after it as a whole.
    const { rows } = await pool.query<PositionRow>(
      `INSERT INTO saldo_consumer.positions AS p (group_name, shard, token, held_by, hash, kafka_offset)
       VALUES ($1, $2, 1, $3, '', 0)
       ON CONFLICT (group_name, shard) DO UPDATE SET token = p.token + 1, held_by = $3
       RETURNING token, seq, hash, kafka_offset`,
      [group, shard, instance],
    );
    const [row] = rows;
    if (row === undefined) throw new Error(`the position of shard ${shard} was not returned`);
    const { token, seq, hash, kafka_offset } = row;
    const position = seq === null ? undefined : { seq: Number(seq), hash, offset: Number(kafka_offset) };
    return new PostgresSession(pool, handle, group, shard, token, position);
  }

  async process(items: readonly Item[]): Promise<void> {
    const last = items.at(-1);
    if (last === undefined) return;
    await this.commit(last.position, items.length - 1, async (client) => {
      for (const [index, { event }] of items.entries()) {
        try {
          await this.handle(event, client);
        } catch (error) {
          throw new HandlerFailedError(index, 0, error);
        }
      }
    });
  }

  async park({ seq, offset, reason, text }: PoisonRecord, position: Position): Promise<void> {
    const values = [this.group, this.shard, seq ?? null, offset, storable(reason), storable(text)];
    await this.commit(position, 0, async (client) => {
      await client.query(
        `INSERT INTO saldo_consumer.parked (group_name, shard, seq, kafka_offset, reason, body)
         VALUES ($1, $2, $3, $4, $5, $6)`,
        values,
      );
    });
  }

  async close(released: boolean): Promise<void> {
    if (!released) return;
    await this.pool.query(
      'UPDATE saldo_consumer.positions SET held_by = NULL WHERE group_name = $1 AND shard = $2 AND token = $3',
      [this.group, this.shard, this.token],
    );
  }

  private async commit(
    to: Position,
    lastIndex: number,
    effect: (client: pg.ClientBase) => Promise<void>,
  ): Promise<void> {
    await withClient(this.pool, async (client) => {
      await client.query(BEGIN);
      // First, so that whoever takes the shard over waits for this commit, and this one finds out if it is late.
      const { rowCount } = await client.query(
        `UPDATE saldo_consumer.positions SET seq = $4, hash = $5, kafka_offset = $6, moved_at = now()
          WHERE group_name = $1 AND shard = $2 AND token = $3 AND seq IS NOT DISTINCT FROM $7`,
        [this.group, this.shard, this.token, to.seq, to.hash, to.offset, this.position?.seq ?? null],
      );
      if (rowCount !== 1) throw new ShardTakenOverError(this.group, this.shard);
      await effect(client);
      const { command } = await client.query('COMMIT');
      // What the server answers to COMMIT after a statement whose error the handler caught and forgot.
      if (command !== 'COMMIT') {
        const cause = new Error('a statement of the handler failed, and the handler did not throw');
        throw new HandlerFailedError(lastIndex, 0, cause);
      }
    });
    this.position = to;
  }
}

const storable = (text: string): string => text.replaceAll('\u0000', '\uFFFD').toWellFormed();
