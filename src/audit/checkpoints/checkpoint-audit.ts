import canonicalize from 'canonicalize';
import { AnchorCheck, type AnchoredReport } from '../anchors/anchor-check.js';
import type { AnchorTable } from '../anchors/anchor-table.js';
import { type Divergence, DivergenceError } from '../divergence.js';
import type { CheckpointData, JournalEvent } from '../journal-event.js';
import { KeyChain } from './key-chain.js';
import { rootOf } from './merkle.js';
import { isSigned, statementHash, type TrustedKeys } from './signatures.js';
import { changesOf, Totals } from './totals.js';
import { Waiting } from './waiting.js';

/** How far one shard's journal is signed. */
export interface SignedReport {
  readonly checkpoints: number;
  /** The key of the last checkpoint, and whether it was compared with keys that somebody trusts. */
  readonly key?: string;
  readonly trusted: boolean;
  /** The last event that a checkpoint covers; what comes after it is not signed yet. */
  readonly upTo: number;
  /** Stretches that no Merkle root covers, because signing was off; the next checkpoint's hash does. */
  readonly chainOnly: readonly (readonly [number, number])[];
  /** Where it was compared with anchors. */
  readonly anchored?: AnchoredReport;
}

/** As docs/journal-format.md has it: most events of a checkpoint, and how far behind its first event it may stand. */
const MOST_COVERED = 10_000;
const MOST_BEHIND = 100_000;

/**
 * Follows the signatures in one shard's journal: keys, roots, totals, and that each checkpoint continues the one before.
 * Remembers what waits for a checkpoint, and no more than one may cover.
 */
export class CheckpointAudit {
  private keys: KeyChain | undefined;
  private latest: CheckpointData | undefined;
  private latestHash: string | null = null;
  private readonly chainOnly: [number, number][] = [];
  /** Events that no checkpoint covers yet; the first of them is event `from`. */
  private readonly waiting = new Waiting();
  private from = 1;
  /** As they are after event `from - 1`. */
  private readonly totals = new Totals();
  private readonly assets = new Map<string, string>();
  /** The first checkpoint, since the last trusted one, by a key that nobody vouches for. */
  private untrusted: Divergence | undefined;

  private readonly anchors: AnchorCheck | undefined;

  /** `anchors`: of this shard, where the journal is to be compared with them. */
  constructor(
    private readonly shard: number,
    private readonly trust?: TrustedKeys,
    anchors?: readonly AnchorTable[],
  ) {
    this.anchors = anchors && new AnchorCheck(shard, anchors);
  }

  /** Takes the next event, whose place in the chain was checked, and its hash. Throws DivergenceError. */
  see(event: JournalEvent, hash: string): void {
    try {
      this.take(event, hash);
    } catch (error) {
      if (error instanceof DivergenceError) throw error;
      // Nothing has checked its form before: what can not be read as what it says it is, was changed.
      const { shard } = this;
      const expected = `the form of ${event.type}`;
      throw new DivergenceError({
        shard,
        seq: Number(event.sequence),
        what: 'event',
        expected,
        found: `${error}`,
      });
    }
  }

  private take(event: JournalEvent, hash: string): void {
    const { type, data } = event;
    if (type === 'saldo.account.opened') this.assets.set(data.account ?? '', data.asset ?? '');
    this.waiting.add(
      hash,
      changesOf(event, (account) => this.assets.get(account) ?? '?'),
    );
    this.bound();
    const seq = Number(event.sequence);
    if (data.signing_key !== undefined) this.addKey(event, seq);
    if (data.checkpoint !== undefined) this.check(event, data.checkpoint, seq);
  }

  /**
   * Takes the next event where it is a plain posted transfer that was checked: `amount` in `asset`, and its hash as 64
   * hexadecimal digits at `at`.
   */
  seePosted(asset: string, amount: number, hashes: DataView, at: number): void {
    this.waiting.addPosted(asset, amount, hashes, at);
    this.bound();
  }

  /** At the end of the journal: where keys are trusted, one of them must have signed. Throws DivergenceError. */
  finish(): void {
    this.anchors?.finish(this.from + this.waiting.count - 1);
    if (this.untrusted !== undefined) throw new DivergenceError(this.untrusted);
    if (this.trust === undefined || this.latest !== undefined) return;
    const { shard } = this;
    const expected = 'one by a key that is trusted';
    throw new DivergenceError({ shard, what: 'checkpoint', expected, found: 'none in the whole journal' });
  }

  report(): SignedReport {
    const { latest, chainOnly, trust, untrusted } = this;
    const anchored = this.anchors?.report();
    return {
      checkpoints: latest?.number ?? 0,
      ...(latest === undefined ? {} : { key: latest.key }),
      trusted: trust !== undefined && latest !== undefined && untrusted === undefined,
      upTo: latest?.last ?? 0,
      chainOnly,
      ...(anchored === undefined ? {} : { anchored }),
    };
  }

  private addKey({ data, cluster }: JournalEvent, seq: number): void {
    const { signing_key, signature = '', voucher } = data;
    if (signing_key === undefined) return;
    this.keys ??= new KeyChain(this.shard, cluster, this.trust);
    const fault = this.keys.add({ signing_key, signature, voucher });
    if (fault !== undefined) throw new DivergenceError({ shard: this.shard, seq, ...fault });
  }

  private check({ data, cluster }: JournalEvent, checkpoint: CheckpointData, seq: number): void {
    const { shard, latest } = this;
    const same = (what: string, expected: unknown, found: unknown): void => {
      if (expected === found) return;
      const named = `${what} of the checkpoint`;
      throw new DivergenceError({
        shard,
        seq,
        what: named,
        expected: String(expected),
        found: String(found),
      });
    };
    const { first, last, key } = checkpoint;
    same('cluster', cluster, checkpoint.cluster);
    same('shard', shard, checkpoint.shard);
    same('number', (latest?.number ?? 0) + 1, checkpoint.number);
    same('key', this.keys?.current?.id, key);
    const signer = this.keys?.current?.public ?? '';
    const whose = isSigned(signer, 'checkpoint', checkpoint, data.signature) ? key : 'nobody it names';
    same('signature', key, whose);
    same('checkpoint before', this.latestHash, checkpoint.previous);
    const covered = latest?.last ?? 0;
    const whole = Number.isSafeInteger(first) && Number.isSafeInteger(last);
    const fits = whole && covered < first && first <= last && last < seq;
    const near = last - first < MOST_COVERED && seq - first <= MOST_BEHIND;
    const range = `events after ${covered} and before ${seq}, at most ${MOST_COVERED}`;
    same('range', range, fits && near ? range : `${first} to ${last}`);
    this.pass(first - this.from);
    const hashes = this.waiting.hashes(last - first + 1);
    this.pass(hashes.length);
    same('hash', hashes.at(-1), checkpoint.hash);
    same('Merkle root', rootOf(hashes), checkpoint.root);
    same('totals', canonicalize(this.totals.toData()), canonicalize(checkpoint.totals));
    this.anchors?.see(seq, checkpoint, data.signature);
    if (first > covered + 1) this.chainOnly.push([covered + 1, first - 1]);
    this.latest = checkpoint;
    this.latestHash = statementHash(checkpoint);
    this.judge(checkpoint, seq);
  }

  /** A trusted checkpoint speaks for all before it, so only what comes after the last of them is to blame. */
  private judge({ key }: CheckpointData, seq: number): void {
    const trusted = this.keys?.current?.trusted ?? false;
    const expected = 'one that is trusted, or that a trusted one vouched for';
    const { shard } = this;
    if (trusted) this.untrusted = undefined;
    else this.untrusted ??= { shard, seq, what: 'key of the checkpoint', expected, found: key };
  }

  private bound(): void {
    if (this.waiting.count > 2 * MOST_BEHIND) this.pass(MOST_BEHIND);
  }

  /** The first events that wait are covered, or too old to be. */
  private pass(count: number): void {
    this.waiting.pass(count, this.totals);
    this.from += count;
  }
}
