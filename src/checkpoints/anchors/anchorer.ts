import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { type Anchor, anchorText } from '../../journal/anchor.js';
import { decodeEvent } from '../../journal/decode.js';
import { pause } from '../../storage/pause.js';
import { type CheckpointRow, readCheckpoints } from '../../storage/statements/read-checkpoints.js';
import { eventAt } from '../../storage/statements/read-events.js';
import { readSigning } from '../../storage/statements/read-signing.js';
import { type AnchorPlace, AnchorsDivergedError, type OpenAnchors } from './anchor-place.js';

export interface AnchorerOptions {
  /** As the posting role. */
  readonly pool: pg.Pool;
  /** Nothing may be anchored that a failover can undo. */
  readonly barrier: { pass(): Promise<void> };
  readonly place: AnchorPlace;
  readonly onAnchored?: (checkpoints: number) => void;
  /** Called with what broke; it is tried again for as long as it takes. */
  readonly onFailure: (error: unknown) => void;
  readonly retryMs?: number;
}

const POLL_MS = 500;
const RETRY_MS = 5_000;
/** Where only a person can help. */
const DIVERGED_MS = 60_000;
const PAGE = 500;
/** So long a pass may go on when it is to end; a folder on a disk that says nothing would never end it. */
const ENDING_MS = 2_000;

/**
 * Appends a shard's checkpoints, each once and in order, to a place outside the ledger's databases and its journal (ADR
 * 19). Where it is, the place itself tells: after a crash or an absence it goes on after the last anchor there, if that is
 * the shard's own checkpoint. Posting knows nothing of it.
 */
export class Anchorer {
  private anchors: OpenAnchors | undefined;
  /** Of the last checkpoint that is anchored. */
  private number = 0;
  private readonly publicKeys = new Map<string, string>();

  constructor(private readonly options: AnchorerOptions) {}

  /** Anchors until the signal is aborted, whether or not the place answers: nobody's lock waits for it. */
  async run(lost: AbortSignal): Promise<void> {
    const going = this.goOn(lost);
    const told = new Promise<void>((resolve) => {
      if (lost.aborted) resolve();
      else lost.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([going, told.then(() => delay(ENDING_MS, undefined, { ref: false }))]);
  }

  private async goOn(lost: AbortSignal): Promise<void> {
    const { retryMs = RETRY_MS, onFailure } = this.options;
    while (!lost.aborted) {
      let pauseMs = POLL_MS;
      try {
        if (await this.pass(lost)) continue;
      } catch (error) {
        await this.close();
        if (!lost.aborted) onFailure(error);
        pauseMs = error instanceof AnchorsDivergedError ? DIVERGED_MS : retryMs;
      }
      await pause(pauseMs, lost);
    }
    await this.close();
  }

  /** Anchors what waits, so much at a time; true if there may be more. After it threw, close it. */
  async pass(lost: AbortSignal): Promise<boolean> {
    const { pool, barrier, onAnchored } = this.options;
    this.anchors ??= await this.open(lost);
    const rows = await readCheckpoints(pool, this.number, PAGE);
    if (rows.length === 0) return false;
    await barrier.pass();
    const texts: string[] = [];
    for (const row of rows) {
      const next = this.number + texts.length + 1;
      if (row.number !== next) throw new AnchorsDivergedError(`the shard has no checkpoint ${next}`);
      texts.push(await this.textOf(row));
    }
    await this.anchors.append(texts);
    this.number += texts.length;
    onAnchored?.(texts.length);
    return rows.length === PAGE;
  }

  async close(): Promise<void> {
    const { anchors } = this;
    this.anchors = undefined;
    await anchors?.close().catch(() => undefined);
  }

  private async open(lost: AbortSignal): Promise<OpenAnchors> {
    const { place, pool } = this.options;
    const anchors = await place.open(lost);
    try {
      const number = anchors.last === undefined ? 0 : numberIn(anchors.last);
      if (number > 0) {
        const [own] = await readCheckpoints(pool, number - 1, 1);
        if (own?.number !== number || (await this.textOf(own)) !== anchors.last) {
          throw new AnchorsDivergedError(`checkpoint ${number} is anchored otherwise than the shard has it`);
        }
      }
      this.number = number;
      return anchors;
    } catch (error) {
      await anchors.close().catch(() => undefined);
      throw error;
    }
  }

  private async textOf({ seq, body }: CheckpointRow): Promise<string> {
    const { event } = decodeEvent(body);
    if (event.type !== 'checkpoint.signed') {
      throw new AnchorsDivergedError(`event ${seq} is listed as a checkpoint and is a ${event.type}`);
    }
    const { checkpoint, signature } = event;
    const publicKey = await this.publicKeyOf(checkpoint.key);
    return anchorText({ sequence: seq, checkpoint, signature, public: publicKey });
  }

  private async publicKeyOf(id: string): Promise<string> {
    const known = this.publicKeys.get(id);
    if (known !== undefined) return known;
    const { pool } = this.options;
    const seq = (await readSigning(pool)).keys.find((key) => key.id === id)?.seq;
    const event = seq === undefined ? undefined : decodeEvent(await eventAt(pool, seq)).event;
    if (event?.type !== 'signing_key.added') throw new AnchorsDivergedError(`the shard has no key ${id}`);
    this.publicKeys.set(id, event.signingKey.public);
    return event.signingKey.public;
  }
}

function numberIn(text: string): number {
  try {
    const { number } = (JSON.parse(text) as Partial<Anchor>).checkpoint ?? {};
    if (Number.isSafeInteger(number)) return Number(number);
  } catch {
    // Told below.
  }
  throw new AnchorsDivergedError(`what stands there last is no anchor: ${text.slice(0, 80)}`);
}
