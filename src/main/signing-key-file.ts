import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CheckpointConfig, readCheckpointConfig } from '../config/checkpoint-config.js';
import { newSigningKey, publicPem, Signer } from '../journal/signing-key.js';
import type { Checkpoints } from './node.js';

/** Names in a stack's folder: the secret, and what an auditor trusts (`--trust`). */
export const SIGNING_KEY = 'signing-key.pem';
export const PUBLIC_KEY = 'signing-key.pub';

/** How a node signs, by its environment; undefined where it has no key. */
export function checkpointsIn(dir: string): Checkpoints | undefined {
  const config = readCheckpointConfig();
  const signer = signerOf(config, dir);
  const { maxEvents, everyMs } = config;
  return signer === undefined ? undefined : { signer, maxEvents, everyMs };
}

/** The key that this node signs with: the environment's, else that of the stack's folder; undefined without either. */
function signerOf({ signingKey, signingKeyFile }: CheckpointConfig, dir: string): Signer | undefined {
  if (signingKey !== undefined) return new Signer(signingKey);
  if (signingKeyFile !== undefined) return new Signer(readFileSync(signingKeyFile, 'utf8'));
  return existsSync(dir) ? keptSigner(dir) : undefined;
}

/** The signing key of a stack's folder, made at the first start and kept for its owner's eyes only. */
function keptSigner(dir: string): Signer {
  const file = join(dir, SIGNING_KEY);
  if (!existsSync(file)) makeKeyFiles(file, join(dir, PUBLIC_KEY));
  return new Signer(readFileSync(file, 'utf8'));
}

/** Writes a new key and its public half; where another got there first its key stays. Returns whether it is the new one. */
export function makeKeyFiles(secretFile: string, publicFile: string): boolean {
  const pem = newSigningKey();
  const whole = `${secretFile}.${randomBytes(6).toString('hex')}`;
  writeFileSync(whole, pem, { mode: 0o600, flag: 'wx' });
  try {
    // All of it or none, and never over another one.
    linkSync(whole, secretFile);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(whole);
  }
  writeFileSync(publicFile, publicPem(new Signer(pem)));
  return true;
}
