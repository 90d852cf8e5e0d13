import { createHash } from 'node:crypto';
import { Chain } from '../../src/audit/chain.js';
import { CheckpointAudit, type SignedReport } from '../../src/audit/checkpoints/checkpoint-audit.js';
import type { TrustedKeys } from '../../src/audit/checkpoints/signatures.js';
import { type Divergence, DivergenceError } from '../../src/audit/divergence.js';
import type { CheckpointStatement } from '../../src/domain/checkpoint.js';
import type { LedgerEvent } from '../../src/domain/event.js';
import { encodeEvent } from '../../src/journal/encode.js';
import { GENESIS_HASH } from '../../src/journal/envelope.js';
import { MerkleTree } from '../../src/journal/merkle.js';
import { checkpointHash, newSigningKey, Signer } from '../../src/journal/signing-key.js';

export const newSigner = (): Signer => new Signer(newSigningKey());

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A journal of its own, without any server: tenants for events, and checkpoints as they are asked for. */
export class SignedJournal {
  readonly texts: string[] = [];
  private statement: CheckpointStatement | undefined;

  constructor(
    public signer: Signer,
    private readonly actor = 'system:test',
  ) {
    this.add({ type: 'shard.opened', cluster: 'test', buckets: [[0, 4095]] });
  }

  add(event: LedgerEvent): void {
    const last = this.texts.at(-1);
    const prev = last === undefined ? GENESIS_HASH : hashOf(last);
    const seq = this.texts.length + 1;
    const at = { cluster: 'test', shard: 0, seq, time: '2026-01-01T00:00:00.000Z', prev };
    this.texts.push(encodeEvent(event, { actor: this.actor }, at));
  }

  addEvents(count: number): void {
    for (let i = 0; i < count; i += 1) {
      this.add({ type: 'tenant.created', tenant: `t${this.texts.length}` as never, placement: 'compact' });
    }
  }

  /** `vouching`: the key that signed until now. */
  addKey(vouching?: Signer, changes: object = {}): void {
    const { key } = this.signer;
    const signingKey = { cluster: 'test', shard: 0, ...key, previous: vouching?.key.id ?? null, ...changes };
    const signature = this.signer.sign('signing_key', signingKey);
    const voucher = vouching === undefined ? {} : { voucher: vouching.sign('signing_key', signingKey) };
    this.add({ type: 'signing_key.added', signingKey, signature, ...voucher });
  }

  /** Over everything that none covers yet; `changes`: what it says falsely, and signs. */
  sign(changes: Partial<CheckpointStatement> = {}): void {
    const { statement: before, signer } = this;
    const [first, last] = [(before?.last ?? 0) + 1, this.texts.length];
    const hashes = this.texts.slice(first - 1).map(hashOf);
    const tree = new MerkleTree();
    for (const hash of hashes) tree.append(Buffer.from(hash, 'hex'));
    const checkpoint: CheckpointStatement = {
      cluster: 'test',
      shard: 0,
      number: (before?.number ?? 0) + 1,
      first,
      last,
      hash: hashes.at(-1) ?? '',
      root: tree.root(),
      previous: before === undefined ? null : checkpointHash(before),
      time: '2026-01-01T00:00:00.000Z',
      totals: [],
      key: signer.key.id,
      ...changes,
    };
    this.statement = checkpoint;
    this.add({ type: 'checkpoint.signed', checkpoint, signature: signer.sign('checkpoint', checkpoint) });
  }
}

/** What the auditor says of a journal's chain and signatures. */
export function auditOf(
  texts: readonly string[],
  trust?: TrustedKeys,
): { readonly signed: SignedReport; readonly divergence: Divergence | undefined } {
  const chain = new Chain(0);
  const audit = new CheckpointAudit(0, trust);
  try {
    for (const text of texts) {
      const event = chain.next(text);
      if (event !== undefined) audit.see(event, chain.hash);
    }
    audit.finish();
    return { signed: audit.report(), divergence: undefined };
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    return { signed: audit.report(), divergence: error.divergence };
  }
}

/** The same events from one place on with other hashes of those before: what somebody does who knows the format. */
export function rechained(
  texts: readonly string[],
  from: number,
  change: (text: string) => string,
): string[] {
  const forged = [...texts];
  for (let i = from; i < forged.length; i += 1) {
    const before = forged[i - 1];
    const prev = before === undefined ? GENESIS_HASH : hashOf(before);
    const text = (forged[i] ?? '').replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`);
    forged[i] = i === from ? change(text) : text;
  }
  return forged;
}
