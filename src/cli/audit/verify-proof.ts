import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type ProofFile, parseProof } from '../../audit/proof/proof-file.js';
import { type Proven, verifyProof } from '../../audit/proof/verify-proof.js';
import { print } from '../command-line.js';
import { acting, EXIT_STATUS, type Progress } from './acting.js';
import { moneyText } from './books-at.js';
import { trustedIn } from './trust.js';

/** `saldo audit verify-proof`. */
export function verifyProofCommand(command: Command): void {
  command
    .argument('<file>', 'the proof')
    .requiredOption('--trust <file>', 'public keys (PEM) whose signatures count, and those they vouched for')
    .option('--json', 'what was proven as JSON on stdout', false)
    .addHelpText(
      'after',
      `
It proves that these events are in the journal that the key's owner signed. It
does not prove that nothing came after them: a capture or a reversal of the
transfer is a transfer of its own.
${EXIT_STATUS}`,
    )
    .action(acting('verifying', runVerifyProof));
}

async function runVerifyProof(
  _progress: Progress,
  file: string,
  { trust, json }: { readonly trust: string; readonly json: boolean },
): Promise<boolean> {
  const proof = proofIn(file);
  const proven = verifyProof(proof, trustedIn(trust) ?? new Set());
  print(json, { clean: true, subject: proof.subject, proven }, () => {
    const lines = proven.map(line);
    return `${lines.join('\n')}\nPROVEN: ${proof.subject} of ${proof.cluster} is in the signed journal.\n`;
  });
  return true;
}

function proofIn(file: string): ProofFile {
  const text = readFileSync(file, 'utf8');
  try {
    return parseProof(text);
  } catch (cause) {
    throw new Error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function line({ event, checkpoint }: Proven): string {
  const moved = (event.data.legs ?? []).map(
    ({ debit, credit, amount, asset }) => `    ${debit} → ${credit}: ${moneyText(amount, asset)}`,
  );
  const { number, first, last, time, key } = checkpoint;
  return [
    `${event.id} ${event.type} at ${event.time}`,
    ...moved,
    `    in checkpoint ${number} of shard ${checkpoint.shard} (events ${first} to ${last}), signed ${time} by ${key}`,
  ].join('\n');
}
