import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type TrustedKeys, trustedKeysIn } from '../../audit/checkpoints/signatures.js';

export const trustOption = (command: Command): Command =>
  command.option(
    '--trust <file>',
    'public keys (PEM) whose signatures count, and those they vouched for; without it any that the journal names',
  );

/** The keys in the file that `--trust` names. */
export function trustedIn(file: string | undefined): TrustedKeys | undefined {
  if (file === undefined) return undefined;
  const text = readFileSync(file, 'utf8');
  try {
    return trustedKeysIn(text);
  } catch (cause) {
    throw new Error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
