import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { CheckpointData, KeyData } from '../journal-event.js';

const CONTEXTS = { checkpoint: 'saldo/checkpoint/v1\n', signing_key: 'saldo/signing-key/v1\n' } as const;
/** What stands before the 32 bytes of an Ed25519 key in SPKI (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** `ed25519_` and the first 32 hex digits of the SHA-256 of the public key. */
export const keyIdOf = (publicKey: string): string =>
  `ed25519_${hash('sha256', Buffer.from(publicKey, 'hex'), 'hex').slice(0, 32)}`;

/** RFC 8785. Undefined where it can not be written, such as what is nested too deeply: then nobody signed it. */
export function canonicalText(value: unknown): string | undefined {
  try {
    return canonicalize(value);
  } catch {
    return undefined;
  }
}

/** SHA-256 of a checkpoint's canonical text, which the next one names. */
export const statementHash = (statement: CheckpointData): string =>
  hash('sha256', canonicalText(statement) ?? '', 'hex');

/** Whether the owner of a public key (hex) signed the statement. */
export function isSigned(
  publicKey: string,
  context: keyof typeof CONTEXTS,
  statement: CheckpointData | KeyData,
  signature: string | undefined,
): boolean {
  if (!/^[0-9a-f]{64}$/.test(publicKey) || !/^[0-9a-f]{128}$/.test(signature ?? '')) return false;
  const text = canonicalText(statement);
  if (text === undefined) return false;
  const signed = Buffer.from(`${CONTEXTS[context]}${text}`);
  return verify(null, signed, keyOf(publicKey), Buffer.from(signature ?? '', 'hex'));
}

/** Public keys (hex) that somebody vouches for himself. */
export type TrustedKeys = ReadonlySet<string>;

/** The keys in a text of one or more public keys in PEM; throws where there is none, or something else among them. */
export function trustedKeysIn(text: string): TrustedKeys {
  const blocks = text.match(/-----BEGIN [A-Z ]+-----[^-]*-----END [A-Z ]+-----/g) ?? [];
  if (blocks.length === 0) throw new Error('it holds no public key in PEM');
  return new Set(blocks.map(publicHexOf));
}

function publicHexOf(block: string): string {
  if (!block.startsWith('-----BEGIN PUBLIC KEY-----')) {
    throw new Error('it must hold public keys only (-----BEGIN PUBLIC KEY-----)');
  }
  const key = createPublicKey(block);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it holds a key of type ${key.asymmetricKeyType}`);
  return key.export({ format: 'der', type: 'spki' }).subarray(SPKI.length).toString('hex');
}

const keyOf = (publicKey: string): KeyObject =>
  createPublicKey({
    key: Buffer.concat([SPKI, Buffer.from(publicKey, 'hex')]),
    format: 'der',
    type: 'spki',
  });
