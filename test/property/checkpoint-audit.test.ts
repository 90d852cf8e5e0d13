import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { pathOf, rootFrom, rootOf } from '../../src/audit/checkpoints/merkle.js';
import { trustedKeysIn } from '../../src/audit/checkpoints/signatures.js';
import { MerkleTree } from '../../src/journal/merkle.js';
import { publicPem, type Signer } from '../../src/journal/signing-key.js';
import { auditOf, newSigner, rechained, SignedJournal } from '../support/signed-journal.js';

const times = inject('runsTimes') ?? 1;
const trusting = (...signers: Signer[]) => trustedKeysIn(signers.map(publicPem).join('\n'));

/** Keys of A, three checkpoints and some events after them. */
function journalOf(signer: Signer, actor?: string): SignedJournal {
  const journal = new SignedJournal(signer, actor);
  journal.addKey();
  for (const count of [5, 1, 8]) {
    journal.addEvents(count);
    journal.sign();
  }
  journal.addEvents(4);
  return journal;
}

const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const hashes = fc.array(hash, { minLength: 1, maxLength: 80 });

describe("the auditor's Merkle tree", () => {
  it('has the root that the one that signs has, and a path to it from each entry', () => {
    fc.assert(
      fc.property(hashes, (entries) => {
        const tree = new MerkleTree();
        for (const entry of entries) tree.append(Buffer.from(entry, 'hex'));
        expect(rootOf(entries)).toBe(tree.root());
        for (const [index, entry] of entries.entries()) {
          expect(rootFrom(entry, index, entries.length, pathOf(entries, index))).toBe(tree.root());
        }
      }),
      { numRuns: 100 * times },
    );
  });

  it('leads nowhere from another entry, place, size or path', () => {
    fc.assert(
      fc.property(hashes, fc.nat(), fc.nat(), hash, (entries, seed, other, foreign) => {
        const index = seed % entries.length;
        const [entry = '', root] = [entries[index], rootOf(entries)];
        const path = pathOf(entries, index);
        const size = entries.length;
        if (foreign !== entry) expect(rootFrom(foreign, index, size, path)).not.toBe(root);
        expect(rootFrom(entry, size, size, path)).toBeUndefined();
        expect(rootFrom(entry, -1, size, path)).toBeUndefined();
        expect(rootFrom(entry, index + 0.5, size, path)).toBeUndefined();
        const elsewhere = other % size;
        if (elsewhere !== index && entries[elsewhere] !== entry)
          expect(rootFrom(entry, elsewhere, size, path)).not.toBe(root);
        expect(rootFrom(entry, index, size, [...path, foreign])).toBeUndefined();
        if (path.length === 0) return;
        expect(rootFrom(entry, index, size, path.slice(1))).not.toBe(root);
        const at = other % path.length;
        if (path[at] !== foreign) expect(rootFrom(entry, index, size, path.with(at, foreign))).not.toBe(root);
        expect(rootFrom(entry, index, size, path.with(at, 'none'))).toBeUndefined();
      }),
      { numRuns: 200 * times },
    );
  });
});

describe('P7, P8: signatures in a journal', () => {
  const a = newSigner();
  const { texts } = journalOf(a);

  it('hold, up to the last checkpoint; what comes after it is not signed yet', () => {
    const { signed, divergence } = auditOf(texts, trusting(a));
    expect(divergence).toBeUndefined();
    expect(signed).toEqual({
      checkpoints: 3,
      key: a.key.id,
      trusted: true,
      upTo: texts.length - 5,
      chainOnly: [],
    });
    expect(auditOf(texts).signed.trusted).toBe(false);
  });

  it('show every change of an event before the last checkpoint, also with all hashes after it made anew', () => {
    for (let at = 1; at < texts.length; at += 1) {
      const forged = rechained(texts, at, (text) => text.replace('system:test', 'system:evil'));
      const { divergence } = auditOf(forged, trusting(a));
      // Checkpoints stand at 8, 10 and 19, counted from 1; a change of a checkpoint's envelope shows in the next one.
      const found = [8, 10, 19].find((seq) => at + 1 < seq);
      if (found === undefined) expect(divergence).toBeUndefined();
      else
        expect(divergence, `event ${at + 1}`).toMatchObject({ seq: found, what: 'hash of the checkpoint' });
    }
  });

  it('show every change of what was signed', () => {
    const changes: [RegExp, string][] = [
      [/"root":"./, '"root":"x'],
      [/"hash":"./, '"hash":"x'],
      [/"previous":"./, '"previous":"x'],
      [/"totals":\[\]/, '"totals":[{"asset":"CZK/2"}]'],
      [/("previous":"[0-9a-f]+","time":")2026/, '$12027'],
      [/"signature":"."?/, '"signature":"x'],
    ];
    for (const [from, to] of changes) {
      const forged = rechained(texts, 9, (text) => {
        expect(text).toMatch(from);
        return text.replace(from, to);
      });
      expect(auditOf(forged).divergence, to).toMatchObject({ seq: 10, what: 'signature of the checkpoint' });
    }
  });

  it('show what whoever has the key says falsely', () => {
    const zeros = '0'.repeat(64);
    const lies = [
      [{ root: zeros }, 'Merkle root'],
      [{ hash: zeros }, 'hash'],
      [{ previous: zeros }, 'checkpoint before'],
      [{ number: 5 }, 'number'],
      [{ cluster: 'other' }, 'cluster'],
      [{ shard: 1 }, 'shard'],
      [{ first: 1 }, 'range'],
      [{ last: 12_000 }, 'range'],
      [{ last: '9' as never }, 'range'],
      [{ totals: [{ asset: 'CZK/2' } as never] }, 'totals'],
      [{ key: newSigner().key.id }, 'key'],
    ] as const;
    for (const [lie, what] of lies) {
      const journal = new SignedJournal(a);
      journal.addKey();
      journal.addEvents(3);
      journal.sign();
      journal.addEvents(3);
      journal.sign(lie);
      const { divergence } = auditOf(journal.texts);
      expect(divergence, what).toMatchObject({ seq: 10, what: `${what} of the checkpoint` });
    }
  });

  it('of another key than the trusted one are named, and so is a journal without any', () => {
    const mallory = newSigner();
    const forged = journalOf(mallory, 'system:evil').texts;
    expect(auditOf(forged).divergence).toBeUndefined();
    expect(auditOf(forged, trusting(a)).divergence).toMatchObject({
      seq: 8,
      what: 'key of the checkpoint',
      found: mallory.key.id,
    });
    expect(auditOf(texts.slice(0, 5), trusting(a)).divergence).toMatchObject({ what: 'checkpoint' });
  });

  it('are followed from key to key where each vouches for the next, and not where none does', () => {
    const [b, c] = [newSigner(), newSigner()];
    const rotate = (to: Signer, vouching: boolean): SignedJournal => {
      const journal = journalOf(a);
      journal.signer = to;
      if (vouching) journal.addKey(a);
      else journal.addKey(undefined, { previous: a.key.id });
      journal.addEvents(2);
      journal.sign();
      return journal;
    };
    const followed = auditOf(rotate(b, true).texts, trusting(a));
    expect(followed).toMatchObject({ divergence: undefined, signed: { key: b.key.id, trusted: true } });
    // Who trusts the later key needs nobody's word for the earlier ones: its checkpoint covers theirs.
    expect(auditOf(rotate(b, true).texts, trusting(b)).divergence).toBeUndefined();
    const lost = rotate(c, false).texts;
    expect(auditOf(lost, trusting(a)).divergence).toMatchObject({
      what: 'key of the checkpoint',
      found: c.key.id,
    });
    expect(auditOf(lost, trusting(a, c)).divergence).toBeUndefined();
  });

  it('by a key that was replaced, or by one that was never added, are not taken', () => {
    const b = newSigner();
    const back = journalOf(a);
    back.signer = b;
    back.addKey(a);
    back.signer = a;
    back.sign();
    expect(auditOf(back.texts).divergence).toMatchObject({
      what: 'key of the checkpoint',
      expected: b.key.id,
    });
    back.texts.pop();
    back.addKey(b);
    expect(auditOf(back.texts).divergence).toMatchObject({ what: 'signing key', found: 'an old one' });
    const never = new SignedJournal(a);
    never.sign();
    expect(auditOf(never.texts).divergence).toMatchObject({ what: 'key of the checkpoint' });
  });

  it('of keys are checked: id, owner, voucher and whom they follow', () => {
    const b = newSigner();
    const added = (vouching: Signer | undefined, changes: object): unknown => {
      const journal = journalOf(a);
      journal.signer = b;
      journal.addKey(vouching, changes);
      return auditOf(journal.texts).divergence;
    };
    const previous = a.key.id;
    expect(added(a, { id: a.key.id })).toMatchObject({ what: 'id of the signing key' });
    expect(added(a, { shard: 3 })).toMatchObject({ what: 'shard of the signing key' });
    expect(added(a, { cluster: 'x' })).toMatchObject({ what: 'cluster of the signing key' });
    expect(added(undefined, {})).toMatchObject({ what: 'signing key before' });
    expect(added(newSigner(), { previous })).toMatchObject({ what: 'voucher for the signing key' });
    expect(added(a, { id: newSigner().key.id })).toMatchObject({ what: 'id of the signing key' });
    expect(added(a, newSigner().key)).toMatchObject({ what: 'signature of the signing key' });
  });

  it('of two journals with one beginning are both right by themselves: only what was kept outside tells them apart', () => {
    const fork = (actor: string): string[] => {
      const journal = journalOf(a);
      journal.add({ type: 'tenant.created', tenant: actor as never, placement: 'compact' });
      journal.sign();
      return journal.texts;
    };
    const [one, two] = [fork('one'), fork('two')];
    expect(auditOf(one, trusting(a)).divergence).toBeUndefined();
    expect(auditOf(two, trusting(a)).divergence).toBeUndefined();
    expect(one.at(-1)).not.toBe(two.at(-1));
  });

  it('may leave a stretch to the chain where signing was off', () => {
    const journal = new SignedJournal(a);
    journal.addKey();
    journal.addEvents(30);
    const covered = journal.texts.slice(20);
    const other = new SignedJournal(a);
    other.texts.splice(0, 1, ...journal.texts);
    other.sign({ first: 21, root: rootOf(covered.map((text) => hashOfText(text))) });
    expect(auditOf(other.texts, trusting(a))).toMatchObject({
      divergence: undefined,
      signed: { chainOnly: [[1, 20]], upTo: 32 },
    });
  });
});

const hashOfText = (text: string): string => createHash('sha256').update(text).digest('hex');
