import type { KeyData } from '../journal-event.js';
import { isSigned, keyIdOf, type TrustedKeys } from './signatures.js';

/** A `signing_key.added` event's data. */
export interface KeyLink {
  readonly signing_key: KeyData;
  readonly signature: string;
  readonly voucher?: string | undefined;
}

interface Fault {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

interface KnownKey {
  readonly id: string;
  readonly public: string;
  readonly trusted: boolean;
}

/** The keys of one shard as they took over from each other, and which of them can be trusted. */
export class KeyChain {
  private readonly keys: KnownKey[] = [];

  constructor(
    private readonly shard: number,
    private readonly cluster: string,
    /** Undefined: nobody said whom to trust, so everybody the journal names. */
    private readonly trust: TrustedKeys | undefined,
  ) {}

  /** The one that signs. */
  get current(): KnownKey | undefined {
    return this.keys.at(-1);
  }

  find(id: string): KnownKey | undefined {
    return this.keys.find((key) => key.id === id);
  }

  /** Takes the next key; returns what is wrong with it, if anything. */
  add({ signing_key: key, signature, voucher }: KeyLink): Fault | undefined {
    const { current, cluster, shard } = this;
    const fault = (what: string, expected: unknown, found: unknown): Fault | undefined =>
      expected === found ? undefined : { what, expected: String(expected), found: String(found) };
    const wrong =
      fault('cluster of the signing key', cluster, key.cluster) ??
      fault('shard of the signing key', shard, key.shard) ??
      fault('id of the signing key', keyIdOf(key.public), key.id) ??
      fault('signing key before', current?.id ?? null, key.previous) ??
      fault(
        'signing key',
        'one that is new',
        this.find(key.id) === undefined ? 'one that is new' : 'an old one',
      );
    if (wrong !== undefined) return wrong;
    if (!isSigned(key.public, 'signing_key', key, signature)) {
      return { what: 'signature of the signing key', expected: `one by ${key.id}`, found: 'another' };
    }
    const vouched = current !== undefined && voucher !== undefined;
    if (vouched && !isSigned(current.public, 'signing_key', key, voucher)) {
      return { what: 'voucher for the signing key', expected: `one by ${current.id}`, found: 'another' };
    }
    const trusted = this.trust === undefined || this.trust.has(key.public) || (vouched && current.trusted);
    this.keys.push({ id: key.id, public: key.public, trusted });
    return undefined;
  }
}
