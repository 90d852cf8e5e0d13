import { expect, describe as group, it } from 'vitest';
import { describe } from '../../src/audit/divergence.js';
import { replay } from '../../src/audit/replay.js';
import { renderReport } from '../../src/audit/report.js';
import { newSigner, rechained, SignedJournal } from '../support/signed-journal.js';

/** P8: the verdict is the auditor's: what a journal says is shown, and never acted on by the terminal that shows it. */
const CLEARS = '\u001b[2J\u001b[H\u009b2J\rCLEAN: every shard is what its journal says.\n\u202e';
const SHOWN = '\\u001b[2J\\u001b[H\\u009b2J\\u000dCLEAN: every shard is what its journal says.\\u000a\\u202e';

async function reportOf(texts: readonly string[]): Promise<string> {
  const source = {
    holds: [texts.length],
    async *read() {
      yield texts;
    },
  };
  return renderReport(await replay({ source }));
}

group('P8: a report for a person', () => {
  it('shows what else would clear the screen, begin a line or turn the text round', () => {
    const divergence = { shard: 0, seq: 1, account: CLEARS, what: 'event', expected: 'JSON', found: CLEARS };
    expect(describe(divergence)).toBe(
      `shard 0, sequence 1, account ${SHOWN}: event: expected JSON, found ${SHOWN}`,
    );
    expect(describe({ ...divergence, account: 'účet', found: '→ „ů“' })).toContain('účet: event');
  });

  it('has no line and no control character that a journal wrote', async () => {
    const { texts } = new SignedJournal(newSigner());
    const named = rechained(texts, 0, (text) =>
      text
        .replaceAll('"test"', JSON.stringify(CLEARS))
        .replace('/test/', JSON.stringify(`/${CLEARS}/`).slice(1, -1)),
    );
    for (const journal of [named, [CLEARS.replaceAll('\n', '')]]) {
      const report = await reportOf(journal);
      expect(report).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
      expect(report.split('\n').filter((line) => line.startsWith('CLEAN: every'))).toEqual([]);
    }
    expect(await reportOf(named)).toContain(`Journal of ${SHOWN}: 1 events`);
  });
});
