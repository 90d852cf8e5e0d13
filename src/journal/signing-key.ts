import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
} from 'node:crypto';
import canonicalize from 'canonicalize';
import type { CheckpointStatement, KeyStatement, SigningKey } from '../domain/checkpoint.js';

/** What stands before a statement when it is signed, so that no signature of one kind passes for one of the other. */
const CONTEXTS = { checkpoint: 'saldo/checkpoint/v1\n', signing_key: 'saldo/signing-key/v1\n' } as const;
type Context = keyof typeof CONTEXTS;

/** The private half of a signing key. Shows nothing of itself but its id. */
export class Signer {
  readonly key: SigningKey;
  private readonly secret: KeyObject;

  /** `pem`: PKCS#8, as `saldo keys new` and `openssl genpkey -algorithm ed25519` write it. Throws if it is none. */
  constructor(pem: string) {
    this.secret = privateKeyOf(pem);
    this.key = signingKeyOf(createPublicKey(this.secret));
  }

  publicPem(): string {
    return createPublicKey(this.secret).export({ type: 'spki', format: 'pem' }).toString();
  }

  /** Lower-case hex of the Ed25519 signature. */
  sign(context: Context, statement: CheckpointStatement | KeyStatement): string {
    return sign(null, Buffer.from(CONTEXTS[context] + canonicalText(statement)), this.secret).toString('hex');
  }
}

/** A new secret, PKCS#8 in PEM. */
export const newSigningKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** The public half, SPKI in PEM, with its id in a line above. */
export const publicPem = (signer: Signer): string => `# ${signer.key.id}\n${signer.publicPem()}`;

/** RFC 8785: the same bytes whoever writes it out. */
export function canonicalText(statement: CheckpointStatement | KeyStatement): string {
  const text = canonicalize(statement);
  if (text === undefined) throw new TypeError('a statement has no canonical text');
  return text;
}

/** SHA-256 of a checkpoint's canonical text: the `previous` of the next. */
export const checkpointHash = (checkpoint: CheckpointStatement): string =>
  hash('sha256', canonicalText(checkpoint), 'hex');

export function signingKeyOf(publicKey: KeyObject): SigningKey {
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const raw = Buffer.from(x, 'base64url');
  return { id: `ed25519_${hash('sha256', raw, 'hex').slice(0, 32)}`, public: raw.toString('hex') };
}

function privateKeyOf(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new Error('the signing key is no private key in PEM (make one with "saldo keys new")', { cause });
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new Error(`the signing key is of type ${key.asymmetricKeyType}: it must be an Ed25519 key`);
}
