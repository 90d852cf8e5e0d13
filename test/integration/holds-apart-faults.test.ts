import { describe, expect, it } from 'vitest';
import { bucketOf, releaseIdOf, type TransferId, transferIdOf } from '../../src/domain/ids.js';
import { ShardUnavailableError } from '../../src/errors/shard-errors.js';
import { clientKey } from '../../src/intake/keys.js';
import type { TransferAnswer } from '../../src/intake/requests.js';
import { openLedger } from '../../src/main/ledger.js';
import { openOperator } from '../../src/main/operator.js';
import { readinessOf } from '../../src/main/readiness.js';
import type { AccountView } from '../../src/routing/views.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { crosswise, HoldDesk, key, legOf, viewOf, WAIT } from '../support/hold-desk.js';
import { startSagaCluster } from '../support/saga-cluster.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

/** With a key that lives on a shard that is up. */
async function voided(at: HoldDesk, hold: TransferId): Promise<TransferAnswer> {
  for (;;) {
    const asked = at.ledger.intake.void(at.voiding(hold), TEST_ORIGIN, { waitMs: 10 });
    const answer = await asked.catch((error: unknown) => {
      if (!(error instanceof ShardUnavailableError)) throw error;
    });
    if (answer !== undefined) return answer;
  }
}

describe('what an operator and an older release see of a hold with debits on several shards', () => {
  it('a saga with words of its own, of which nothing is left to decide; a release can not be canceled', async () => {
    const cluster = await startSagaCluster(3);
    cluster.startWorker();
    cluster.startPumps();
    const desk = new HoldDesk(cluster);
    const { name, shardUrls, controlUrl } = cluster.shards;
    const [payers, shops] = [await desk.accounts('payer'), await desk.accounts('shop')];
    const hold = await desk.hold(crosswise(payers, shops));
    const operator = await openOperator({ cluster: name, shardUrls, controlUrl });
    const shown = await operator.saga(hold.id);
    expect(shown).toMatchObject({ kind: 'hold', state: 'posted', route: [0, 1, 2] });
    if (shown === undefined) throw new Error('nothing is shown');
    const { kind, why } = { why: '', ...(await operator.cancel(shown, 'operator:test')) };
    expect([kind, why]).toEqual(['refused', expect.stringContaining('void it once it is')]);
    const request = desk.voiding(hold.id);
    await desk.ledger.intake.void(request, TEST_ORIGIN, WAIT);
    // What became of it later is no part of its making.
    expect(await operator.saga(hold.id)).toMatchObject({ kind: 'hold', state: 'posted' });
    const operation = transferIdOf(bucketOf(hold.id), clientKey(cluster.tenant, request.key).digest);
    const release = await operator.saga(releaseIdOf(cluster.tenant, operation, 2));
    expect(release).toMatchObject({ kind: 'release', of: hold.id, state: 'posted', route: [0, 2] });
    if (release === undefined) throw new Error('there is no release');
    expect(await operator.cancel(release, 'operator:test')).toMatchObject({ kind: 'refused' });
    const reversal = { tenant: cluster.tenant, key: key(), original: release.transfer };
    expect(await desk.ledger.intake.reverse(reversal, TEST_ORIGIN, WAIT)).toEqual({
      kind: 'refused',
      rejection: { code: 'transfer_not_found' },
    });
    await operator.close();
    await cluster.close();
  });

  it('a shard that an older release does not write any more, and says why', async () => {
    const fresh = await startSagaCluster(3);
    const at = new HoldDesk(fresh);
    const { name, shardUrls, controlUrl } = fresh.shards;
    const [payers, shops] = [await at.accounts('payer'), await at.accounts('shop')];
    const stopped: string[] = [];
    const old = await openLedger({
      cluster: name,
      shardUrls,
      controlUrl,
      writer: { writerVersion: 1 },
      onStopped: (error) => stopped.push(error.message),
    });
    const move = () => {
      const legs = [legOf(payers[1] as AccountView, shops[1] as AccountView, 1n)];
      return old.intake.transfer({ tenant: fresh.tenant, key: key(), legs }, TEST_ORIGIN, WAIT);
    };
    expect(viewOf(await move()).status).toBe('posted');
    const hold = await at.hold(crosswise(payers, shops), {}, { waitMs: 0 });
    expect(hold.status).toBe('processing');
    await expect(move()).rejects.toThrow('writer version 2, this node writes 1');
    expect(stopped).toContainEqual(expect.stringContaining('writer version 2, this node writes 1'));
    // What it must not write others may: nothing should be asked of it any more.
    expect(await readinessOf(old)).toMatchObject({ ready: false });
    expect(await readinessOf(fresh.ledger)).toMatchObject({ ready: true });
    await old.close();
    await fresh.close();
  });
});

describe('P5, P9: a hold with debits on several shards while something is away', () => {
  it('is freed on every shard that answers, and on the one that was down when it is back', async () => {
    const proxies: TcpProxy[] = [];
    const through = (urls: readonly string[]) =>
      Promise.all(
        urls.map(async (url) => {
          const before = await TcpProxy.before(url);
          proxies.push(before.proxy);
          return before.url;
        }),
      );
    const frail = await startSagaCluster(3, { through });
    const at = new HoldDesk(frail);
    frail.startWorker();
    frail.startPumps();
    const [payers, shops] = [await at.accounts('payer'), await at.accounts('shop')];
    for (const [down, up] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const hold = await at.hold(crosswise(payers, shops));
      expect(hold.status).toBe('held');
      proxies[down]?.cut({ refuse: true });
      const answer = await voided(at, hold.id);
      expect(answer).toMatchObject({ kind: 'processing', transfer: { status: 'processing' } });
      const others = [payers[0], payers[up]] as AccountView[];
      await until('the others are free', async () => {
        const figures = await at.figures(others);
        return figures.every(([, pending]) => pending === 0n);
      });
      expect((await at.read(hold.id)).status).toBe('processing');
      proxies[down]?.lead(frail.shards.shardUrls[down] ?? '');
      await until('it is free', async () => (await at.read(hold.id)).status === 'canceled', 60_000);
      expect(await at.figures(payers)).toEqual(Array(3).fill([0n, 0n, 0n]));
    }
    await frail.close();
  }, 120_000);

  it('can be neither captured nor voided before it is held; what is voided then stays so, and is freed later', async () => {
    const idle = await startSagaCluster(3);
    const at = new HoldDesk(idle);
    const { ledger } = at;
    const [payers, shops] = [await at.accounts('payer'), await at.accounts('shop')];
    const hold = await at.hold(crosswise(payers, shops), {}, { waitMs: 0 });
    expect(hold).toMatchObject({ kind: 'hold', status: 'processing' });
    const processing = { kind: 'refused', rejection: { code: 'hold_processing' } };
    expect(await at.capture(hold.id, true)).toEqual(processing);
    const early = at.voiding(hold.id);
    expect(await ledger.intake.void(early, TEST_ORIGIN)).toEqual(processing);
    // It burns no key.
    expect(await ledger.intake.lookUpKey(idle.tenant, early.key)).toEqual({ kind: 'unused' });
    idle.startPumps();
    idle.startWorker();
    await until('it is held', async () => (await at.read(hold.id)).status === 'held');
    await idle.stopPumps();
    const answer = await ledger.intake.void(early, TEST_ORIGIN);
    expect(answer).toMatchObject({
      kind: 'processing',
      transfer: { status: 'processing', hold: Array(3).fill({ remaining: 0n, capturing: 0n, captured: 0n }) },
    });
    // Its own shard is free at once; the others are when they are asked.
    expect(await at.figures(payers)).toEqual([
      [0n, 0n, 0n],
      [0n, 20n, 0n],
      [0n, 30n, 0n],
    ]);
    expect(await ledger.intake.void(early, TEST_ORIGIN)).toEqual({ ...answer, replayed: true });
    expect(viewOf(await at.capture(hold.id, true)).rejection).toEqual({ code: 'hold_closed' });
    idle.startPumps();
    await until('it is free', async () => (await at.read(hold.id)).status === 'canceled');
    expect(await at.figures(payers)).toEqual(Array(3).fill([0n, 0n, 0n]));
    expect(await ledger.intake.void(early, TEST_ORIGIN)).toMatchObject({
      kind: 'ended',
      replayed: true,
      transfer: { status: 'canceled' },
    });
    await idle.startRelays();
    expect(await idle.audit()).toMatchObject({ clean: true, divergences: [], inDoubt: [] });
    await idle.close();
  });
});
