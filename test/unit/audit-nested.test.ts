import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { folderOfAnchors } from '../../src/audit/anchors/anchor-source.js';
import { readAnchors } from '../../src/audit/anchors/read-anchors.js';
import { parseProof } from '../../src/audit/proof/proof-file.js';
import { verifyProof } from '../../src/audit/proof/verify-proof.js';
import { newSigner, SignedJournal } from '../support/signed-journal.js';

/** P7: what is nested more deeply than a signature can be checked over was signed by nobody, and is no error of the auditor's. */
const folder = mkdtempSync(join(tmpdir(), 'saldo-nested-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const signer = newSigner();
const journal = new SignedJournal(signer);
journal.addKey();
journal.sign();
const [key, signed] = journal.texts.slice(-2).map((text) => JSON.parse(text).data);
const DEEP = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
const nested = (value: unknown): string => JSON.stringify(value).replace('"totals":[]', `"totals":${DEEP}`);

it('in a proof', () => {
  const shard = { shard: 0, keys: [key], checkpoints: [signed], events: [] };
  const proof = { format: 1, kind: 'saldo.proof', cluster: 'test', subject: '0-1', shards: [shard] };
  const trust = new Set([signer.key.public]);
  expect(() => verifyProof(parseProof(JSON.stringify(proof)), trust)).toThrow('an event of 0-1, found none');
  expect(() => verifyProof(parseProof(nested(proof)), trust)).toThrow('signature of checkpoint 1');
});

it('in an anchor', async () => {
  const anchor = { format: 1, kind: 'saldo.anchor', sequence: 3, public: signer.key.public, ...signed };
  const file = join(folder, 'shard-0.jsonl');
  writeFileSync(file, `${JSON.stringify(anchor)}\n`);
  expect(await readAnchors([folderOfAnchors(folder)])).toMatchObject([{ shard: 0, count: 1 }]);
  writeFileSync(file, `${nested(anchor)}\n`);
  await expect(readAnchors([folderOfAnchors(folder)])).rejects.toThrow(`signature of anchor 1 of ${folder}`);
});
