import { createHash, createPublicKey, verify } from 'node:crypto';
import canonicalize from 'canonicalize';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trustedKeysIn } from '../../src/audit/checkpoints/signatures.js';
import type { CheckpointSigned } from '../../src/domain/event.js';
import type { AccountId } from '../../src/domain/ids.js';
import { decodeEvent } from '../../src/journal/decode.js';
import { newSigningKey, publicPem, Signer } from '../../src/journal/signing-key.js';
import { rotateKeys } from '../../src/main/rotate-keys.js';
import type { ShardWriter } from '../../src/posting/shard-writer.js';
import { checkBooks } from '../support/check-books.js';
import { checkpointerOn } from '../support/checkpoints.js';
import { createTestShards, TEST_ORIGIN, type TestShards } from '../support/cluster.js';
import { CompactTenant } from '../support/compact-tenant.js';
import { auditOf } from '../support/signed-journal.js';
import { until } from '../support/until.js';

let shards: TestShards;
let writer: ShardWriter;
let tenant: CompactTenant;
let accounts: AccountId[];

beforeEach(async () => {
  shards = await createTestShards(1);
  writer = shards.writer(0);
  tenant = new CompactTenant(await shards.tenant('acme', 'compact'));
  accounts = await tenant.open(writer, ['a', 'b', 'c']);
});
afterEach(() => shards.close());

let moves = 0;
async function move(count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, () => {
      moves += 1;
      const [from, to] = [accounts[moves % 3] as AccountId, accounts[(moves + 1) % 3] as AccountId];
      return writer.submit(tenant.post(`move ${moves}`, from, to, BigInt(moves)), TEST_ORIGIN);
    }),
  );
}

const texts = async (): Promise<string[]> =>
  (await shards.posting(0).query<{ body: string }>('SELECT body FROM events ORDER BY seq')).rows.map(
    ({ body }) => body,
  );
const checkpoints = async (): Promise<CheckpointSigned[]> =>
  (await texts())
    .map((text) => decodeEvent(text).event)
    .filter((event) => event.type === 'checkpoint.signed');

const sha256 = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
function rootOf(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 1) return sha256(Buffer.from([0]), leaves[0] ?? '');
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return sha256(Buffer.from([1]), rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

/** Everything a checkpoint says, worked out from the events and the tables alone; `key`: 32 bytes in hex. */
async function check({ checkpoint, signature }: CheckpointSigned, key: string): Promise<void> {
  const all = await texts();
  const { first, last, root, hash, totals } = checkpoint;
  expect(root).toBe(rootOf(all.slice(first - 1, last).map((text) => sha256(text))).toString('hex'));
  expect(hash).toBe(sha256(all[last - 1] ?? '').toString('hex'));
  const { rows } = await shards.owner(0).query(
    `SELECT asset, sum(debits_posted)::text AS debits_posted, sum(credits_posted)::text AS credits_posted,
            sum(debits_pending)::text AS debits_pending, sum(credits_pending)::text AS credits_pending
       FROM (SELECT DISTINCT ON (account) * FROM entries WHERE seq <= $1 ORDER BY account, version DESC) e
       JOIN accounts a ON a.id = e.account GROUP BY asset ORDER BY asset`,
    [last],
  );
  expect(totals).toEqual(rows);
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(key, 'hex')]);
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const signed = Buffer.from(`saldo/checkpoint/v1\n${canonicalize(checkpoint)}`);
  expect(verify(null, signed, publicKey, Buffer.from(signature, 'hex'))).toBe(true);
}

describe('P8: checkpoints of a shard', () => {
  it('sign what is there: root, hash, totals and who before, and then rest until something happens', async () => {
    const { checkpointer, signer } = checkpointerOn(shards, 0);
    await move(20);
    for (let n = 0; n < 4; n += 1) await checkpointer.pass();
    expect(await checkpoints()).toHaveLength(1);
    await move(7);
    await checkpointer.pass();
    const [one, two] = await checkpoints();
    if (one === undefined || two === undefined) throw new Error('two checkpoints were made');
    for (const made of [one, two]) await check(made, signer.key.public);
    expect(one.checkpoint).toMatchObject({ number: 1, first: 1, previous: null, key: signer.key.id });
    const before = sha256(canonicalize(one.checkpoint) ?? '').toString('hex');
    expect(two.checkpoint).toMatchObject({ number: 2, first: one.checkpoint.last + 1, previous: before });
    await checkBooks(shards.owner(0));
  });

  it('come by count at once, each from where the one before ended', async () => {
    const { checkpointer, signer } = checkpointerOn(shards, 0, { maxEvents: 10, everyMs: 3_600_000 });
    await move(45);
    while (await checkpointer.pass());
    const made = await checkpoints();
    expect(made.length).toBeGreaterThanOrEqual(5);
    for (const [index, one] of made.entries()) {
      const { number, first, last } = one.checkpoint;
      expect([number, first]).toEqual([index + 1, (made[index - 1]?.checkpoint.last ?? 0) + 1]);
      if (index > 0) expect(last - first).toBe(9);
      await check(one, signer.key.public);
    }
    await move(3);
    await checkpointer.pass();
    expect(await checkpoints()).toHaveLength(made.length);
  });

  it('are each made once, by many nodes at once while others post', async () => {
    const signer = new Signer(newSigningKey());
    const made = Array.from({ length: 3 }, () => checkpointerOn(shards, 0, { signer, maxEvents: 25 }));
    let posting = true;
    const signing = made.map(async ({ checkpointer }) => {
      while (posting) await checkpointer.pass();
    });
    await until('six checkpoints are made', async () => {
      await move(30);
      return (await checkpoints()).length > 5;
    });
    posting = false;
    await Promise.all(signing);
    const all = await checkpoints();
    for (const [index, one] of all.entries()) {
      expect(one.checkpoint.number).toBe(index + 1);
      expect(one.checkpoint.first).toBe((all[index - 1]?.checkpoint.last ?? 0) + 1);
      await check(one, signer.key.public);
    }
    expect(made.flatMap(({ errors }) => errors)).toEqual([]);
    await checkBooks(shards.owner(0));
  });

  it('are not made by a node with another key, which says so once', async () => {
    const one = checkpointerOn(shards, 0);
    for (let n = 0; n < 2; n += 1) await one.checkpointer.pass();
    const other = checkpointerOn(shards, 0);
    await move(5);
    await other.checkpointer.pass();
    await other.checkpointer.pass();
    expect(await checkpoints()).toHaveLength(1);
    expect(other.warnings).toHaveLength(1);
    expect(other.warnings[0]).toContain(other.signer.key.id);
  });

  it('are not made of events that were changed', async () => {
    const { checkpointer } = checkpointerOn(shards, 0);
    await move(10);
    for (let n = 0; n < 2; n += 1) await checkpointer.pass();
    await move(10);
    const client = await shards.owner(0).connect();
    await client.query("SET session_replication_role = 'replica'");
    const { rows } = await client.query(
      `UPDATE events SET body = replace(body, 'system:test', 'system:evil')
        WHERE seq = (SELECT max(seq) FROM events) - 4 RETURNING seq`,
    );
    client.release(true);
    await expect(checkpointer.pass()).rejects.toThrow(`event ${Number(rows[0]?.seq) + 1} does not follow`);
    expect(await checkpoints()).toHaveLength(1);
  });

  it('leave out what is too far behind, where signing was off for long', async () => {
    await move(80);
    const { checkpointer, signer } = checkpointerOn(shards, 0, { maxEvents: 20, farBehind: 50 });
    while (await checkpointer.pass());
    const all = await checkpoints();
    expect(all[0]?.checkpoint.number).toBe(1);
    expect(all[0]?.checkpoint.first).toBeGreaterThan(30);
    for (const one of all) await check(one, signer.key.public);
  });

  it('go on under a new key that the old one vouched for, by an operator’s command', async () => {
    const [old, fresh] = [new Signer(newSigningKey()), new Signer(newSigningKey())];
    const before = checkpointerOn(shards, 0, { signer: old }).checkpointer;
    for (let n = 0; n < 2; n += 1) await before.pass();
    const options = { cluster: shards.name, shardUrls: shards.shardUrls, controlUrl: shards.controlUrl };
    const rotate = (from: Signer | undefined, to: Signer) =>
      rotateKeys(options, { from, to, actor: 'operator:test' });
    await expect(rotate(fresh, new Signer(newSigningKey()))).rejects.toThrow(`${old.key.id} signs shard 0`);
    expect(await rotate(old, fresh)).toMatchObject([{ shard: 0, done: 'now' }]);
    expect(await rotate(old, fresh)).toMatchObject([{ shard: 0, done: 'before' }]);
    await expect(rotate(fresh, old)).rejects.toThrow('it signed before, and was replaced');
    await move(5);
    await before.pass();
    expect(await checkpoints()).toHaveLength(1);
    await checkpointerOn(shards, 0, { signer: fresh }).checkpointer.pass();
    const [, two] = await checkpoints();
    expect(two?.checkpoint.key).toBe(fresh.key.id);
    const { divergence, signed } = auditOf(await texts(), trustedKeysIn(publicPem(old)));
    expect(divergence).toBeUndefined();
    expect(signed).toMatchObject({ trusted: true, key: fresh.key.id });
  });
});
