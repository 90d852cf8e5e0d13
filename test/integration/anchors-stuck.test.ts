import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AnchorFile, anchorFile } from '../../src/checkpoints/anchors/anchor-file.js';
import { Anchorer } from '../../src/checkpoints/anchors/anchorer.js';
import { checkpointerOn } from '../support/checkpoints.js';
import { createTestShards } from '../support/cluster.js';
import { fullPipe } from '../support/full-pipe.js';
import { newSigner } from '../support/signed-journal.js';
import { until } from '../support/until.js';

it('P9: what a node does for a shard ends with its lock, also while a folder of anchors says nothing', async () => {
  const shards = await createTestShards(1);
  const pool = shards.posting(0);
  const { checkpointer } = checkpointerOn(shards, 0, { signer: newSigner() });
  await until('there is a checkpoint', async () => {
    await checkpointer.pass();
    return (await pool.query('SELECT FROM checkpoints')).rowCount === 1;
  });
  const folder = mkdtempSync(join(tmpdir(), 'saldo-stuck-'));
  const path = anchorFile(folder, 0);
  const letGo = fullPipe(path);
  const [stop, begun] = [new AbortController(), new AbortController()];
  const anchored: number[] = [];
  const anchorer = new Anchorer({
    pool,
    // The last thing before it writes.
    barrier: { pass: async () => begun.abort() },
    place: new AnchorFile(path),
    onAnchored: (checkpoints) => anchored.push(checkpoints),
    onFailure: () => undefined,
  });
  const running = anchorer.run(stop.signal);
  await until('it writes', () => begun.signal.aborted);
  stop.abort();
  await running;
  expect(anchored).toEqual([]);
  letGo();
  await shards.close();
  rmSync(folder, { recursive: true });
});
