import { describe, expect, it } from 'vitest';
import { auditOf, newSigner, rechained, SignedJournal } from '../support/signed-journal.js';

/** P7: the form of an event that every reader of a journal counts on; each change here has all hashes after it made anew. */
const journal = new SignedJournal(newSigner());
journal.addEvents(9);

const changed = (change: (text: string) => string) => auditOf(rechained(journal.texts, 4, change)).divergence;

describe('P7: an event', () => {
  it('is one line: in a file it would be two', () => {
    expect(changed((text) => text.replace('{', '{\n'))).toMatchObject({ seq: 5, what: 'event' });
  });

  it.each(['null', '7', '[]', '{}'])('is not %s', (text) => {
    expect(changed(() => text)).toMatchObject({ seq: 5, what: 'event', found: text });
  });

  it.each([
    ['none', /,"time":"[^"]*"/, ''],
    ['a number', /"time":"[^"]*"/, '"time":5'],
    ['of another place', /000Z/, '000+14:00'],
    ['coarser', /\.000Z/, 'Z'],
    ['without a time of day', /T[^"]*Z"/, '"'],
  ])('has a time of one form, by which it never goes backwards: %s', (_, from, to) => {
    expect(changed((text) => text.replace(from, to))).toMatchObject({ seq: 5, what: 'time' });
  });
});
