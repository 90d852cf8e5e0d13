import fc from 'fast-check';
import type { Asset } from '../../src/domain/asset.js';
import type { Claim } from '../../src/domain/claim.js';
import type { Command, HoldTransfer, OpenAccount, PostTransfer } from '../../src/domain/command.js';
import {
  type AccountId,
  accountIdOf,
  claimIdOf,
  inTransitAccountId,
  keyDigest,
  releaseIdOf,
  type TenantId,
  type TransferId,
  tenantId,
  transferIdOf,
} from '../../src/domain/ids.js';
import { type FxRate, type LocalLeg, legsAt, ROUNDINGS } from '../../src/domain/transfer.js';
import { type Arb, accountChange as change, joined, maybe, often, plannedOver } from './arbitraries.js';
import { debitAway, holdApart, participantCommands } from './hold-commands.js';
import { converted } from './naive/rate.js';
import { review, reviewCommands } from './review-commands.js';
import { scheduleCommands } from './schedule-commands.js';
import { signingCommand } from './signing-commands.js';

export const SHARD = 0;
/** The shard of these commands owns the buckets up to this one; a few claims and accounts lie beyond. */
export const LAST_BUCKET = 4000;
const BEYOND = 4095;
export const TENANT = tenantId('acme');
const STRANGER = tenantId('stranger');
export const CZK = 'CZK/2' as Asset;
const EUR = 'EUR/2' as Asset;
const JPY = 'JPY/0' as Asset;

export const accountOf = (n: number, bucket = n): AccountId =>
  accountIdOf(bucket, keyDigest(TENANT, 'client', `account ${n}`));
export const transferOf = (n: number): TransferId =>
  transferIdOf(n % 7, keyDigest(TENANT, 'client', `transfer ${n}`));

/** Accounts with every mixture of limits, of three assets and two tenants; three more are opened later, one of them elsewhere. */
const opened: readonly (readonly [bigint | null, bigint | null, Asset, TenantId])[] = [
  [0n, null, CZK, TENANT],
  [null, null, CZK, TENANT],
  [-50n, 80n, CZK, TENANT],
  [0n, 100n, CZK, TENANT],
  [null, 30n, EUR, TENANT],
  [null, null, JPY, TENANT],
  [null, null, CZK, STRANGER],
  [null, null, JPY, TENANT],
  [null, null, EUR, TENANT],
];
export const ACCOUNTS: readonly OpenAccount[] = opened.map(([minBalance, maxBalance, asset, tenant], n) => ({
  kind: 'open_account',
  tenant,
  account: accountOf(n),
  asset,
  limits: { minBalance, maxBalance },
  metadata: {},
}));

/** Money to begin with, from the account without limits. */
export const FUNDING: readonly PostTransfer[] = [0, 2, 3].map((n) => ({
  kind: 'post',
  tenant: TENANT,
  transfer: transferOf(100 + n),
  legs: [{ debit: accountOf(1), credit: accountOf(n), amount: 70n, asset: CZK }],
}));

const tenant = fc.oneof(often(30, fc.constant(TENANT)), often(1, fc.constant(STRANGER)));
const account = fc.oneof(
  often(
    12,
    fc.integer({ min: 0, max: 4 }).map((n) => accountOf(n)),
  ),
  often(
    3,
    fc.integer({ min: 5, max: 10 }).map((n) => accountOf(n)),
  ),
);
const peer = fc.constantFrom(1, 2);
const amount = fc.oneof(
  often(40, fc.bigInt({ min: 1n, max: 60n })),
  often(1, fc.bigInt({ min: -1n, max: 0n })),
  often(1, fc.bigInt({ min: 10n ** 38n - 60n, max: 10n ** 38n - 1n })),
);
const asset = fc.oneof(often(20, fc.constant(CZK)), often(1, fc.constantFrom(EUR, JPY)));

/** Few ids, so that operations meet in every order and number: holds, transfers, what is done about them, and any. */
const idFrom = (min: number, max: number): Arb<TransferId> =>
  fc.oneof(
    often(12, fc.integer({ min, max }).map(transferOf)),
    often(1, fc.integer({ min: 0, max: 31 }).map(transferOf)),
  );
const holdId = idFrom(0, 2);
const transferId = idFrom(5, 14);
const sagaId = idFrom(18, 23);
/** Those that begin at this shard. */
const begunId = idFrom(18, 20);
/** Those that no local operation has. */
export const SAGAS: ReadonlySet<TransferId> = new Set([18, 19, 20, 21, 22, 23].map(transferOf));
const followUpId = idFrom(24, 37);
const targetId = fc.oneof(often(5, transferId), often(2, holdId), often(2, followUpId), often(4, begunId));
const releaseId = fc
  .oneof(often(5, holdId), often(1, followUpId))
  .chain((id) => peer.map((shard) => releaseIdOf(TENANT, id, shard)));
const canceledId = fc.oneof(often(5, sagaId), often(12, followUpId), often(2, holdId), often(1, targetId));
/** No cancel of a release: nobody asks for one that has not begun (see CancelTransfer), and a random list would. */
const confirmedId = fc.oneof(
  often(6, begunId),
  often(9, followUpId),
  often(4, holdId),
  often(1, canceledId),
  often(3, releaseId),
);

/** Mostly two accounts of one asset, the second CZK account (without limits) often the one that pays. */
const among = (...numbers: number[]): Arb<AccountId> => fc.constantFrom(...numbers.map((n) => accountOf(n)));
const legOf = (debit: Arb<AccountId>, credit: Arb<AccountId>, of: Arb<Asset>): Arb<LocalLeg> =>
  fc.record({ debit, credit, amount, asset: of });
const localLeg: Arb<LocalLeg> = fc.oneof(
  often(8, legOf(among(1, 1, 2), among(0, 0, 3), fc.constant(CZK))),
  often(8, legOf(among(0, 0, 3), among(1, 2), fc.constant(CZK))),
  often(2, legOf(among(4, 8), among(8, 4), fc.constant(EUR))),
  often(1, legOf(among(5), among(7), fc.constant(JPY))),
  often(1, legOf(account, account, asset)),
);
const legAway: Arb<LocalLeg> = fc
  .record({
    ours: fc.oneof(often(8, among(0, 1, 2, 3)), often(1, account)),
    peer,
    side: fc.constantFrom('debit' as const, 'credit' as const),
    amount,
    asset,
  })
  .map(({ ours, peer: other, side, amount: units, asset: of }) => {
    const transit = inTransitAccountId(TENANT, SHARD, other, of);
    const elsewhere = accountOf(40 + other);
    const accounts = side === 'debit' ? { debit: transit, credit: ours } : { debit: ours, credit: transit };
    return { ...accounts, amount: units, asset: of, inTransit: { side, peer: other, account: elsewhere } };
  });
const legs = (one: Arb<LocalLeg>) =>
  fc.oneof(
    often(4, fc.array(one, { minLength: 1, maxLength: 1 })),
    often(3, fc.array(one, { minLength: 2, maxLength: 4 })),
  );
const legIndex = fc.oneof(often(5, fc.constant(0)), often(3, fc.integer({ min: 1, max: 4 })));
const parts = fc.oneof(
  often(4, fc.tuple(fc.record({ leg: legIndex, amount: fc.bigInt({ min: 1n, max: 30n }) }))),
  often(2, fc.array(fc.record({ leg: legIndex, amount }), { maxLength: 3 })),
);

/** A key's claim on `subject`, of one of two requests. */
const claimOn = (subject: Claim['subject'], owner: TenantId): Arb<Claim> =>
  fc
    .record({
      n: fc.integer({ min: 0, max: 9 }),
      request: fc.constantFrom('a', 'a', 'a', 'b').map((digit) => digit.repeat(32)),
      away: fc.integer({ min: 0, max: 40 }),
    })
    .map(({ n, request, away }) => {
      const key = `${n} of ${subject}`;
      const bucket = away === 40 ? BEYOND : n;
      const name = n < 2 ? `${n}` : key;
      const id = claimIdOf(bucket, keyDigest(owner, 'client', name));
      const fields = { legs: request.slice(0, 8) };
      return { id, tenant: owner, namespace: 'client', key: name, subject, form: 1, request, fields };
    });
const claimed = <C extends { readonly tenant: TenantId }>(
  command: Arb<C>,
  subject: (made: C) => Claim['subject'],
): Arb<C & { claim?: Claim }> =>
  command.chain((made) =>
    maybe('claim', 2, claimOn(subject(made), made.tenant)).map((claim) => ({ ...made, ...claim })),
  );

const kind = <K extends Command['kind']>(name: K): Arb<K> => fc.constant(name);

/** CZK sold for EUR or JPY bought, at a rate that holds, or is off by a unit, or is none. */
const exchange = fc
  .record({
    sold: fc.bigInt({ min: 1n, max: 5_000n }),
    to: fc.constantFrom(EUR, JPY),
    rate: fc.constantFrom('0.05', '4.5', '0.041666666666666667', '1', '0'),
    rounding: fc.constantFrom(...ROUNDINGS),
    off: fc.constantFrom(0n, 0n, 0n, 1n, -1n),
  })
  .map(({ sold, to, rate, rounding, off }) => {
    const fx: FxRate[] = [{ sell: 0, buy: 1, rate, rounding }];
    const bought = converted(sold, CZK, to, rate, rounding) + off;
    const [from, into] = to === EUR ? [accountOf(8), accountOf(4)] : [accountOf(7), accountOf(5)];
    const sell = { debit: accountOf(1), credit: accountOf(0), amount: sold, asset: CZK };
    return { legs: [sell, { debit: from, credit: into, amount: bought, asset: to }], details: { fx } };
  });

const post: Arb<PostTransfer> = claimed(
  fc.oneof(
    often(
      10,
      joined(
        fc.record({ kind: kind('post'), tenant, transfer: transferId, legs: legs(localLeg) }),
        joined(maybe('upTo', 1, fc.boolean()), review),
      ),
    ),
    often(
      3,
      joined(
        fc.record({ kind: kind('post'), tenant, transfer: transferId, legs: fc.tuple(localLeg) }),
        maybe('upTo', 6, fc.constant(true)),
      ),
    ),
    often(1, joined(fc.record({ kind: kind('post'), tenant, transfer: transferId }), exchange)),
  ),
  ({ transfer }) => transfer,
);
const shard = fc.constantFrom(SHARD, SHARD, 1, 2);
const planned = plannedOver(fc.oneof(often(4, localLeg), often(1, legOf(account, account, asset))), SHARD);

const hold: Arb<HoldTransfer> = claimed(
  joined(
    fc.oneof(
      often(6, fc.record({ kind: kind('hold'), tenant, transfer: holdId, legs: legs(localLeg) })),
      often(1, fc.record({ kind: kind('hold'), tenant, transfer: holdId, legs: legs(debitAway(legAway)) })),
      often(
        4,
        fc
          .record({ kind: kind('hold'), tenant, transfer: holdId, plan: planned(fc.constant(SHARD)) })
          .map((made) => ({ ...made, legs: legsAt(made.plan, SHARD, made.tenant) })),
      ),
    ),
    joined(maybe('expiresAt', 9, fc.constant('2026-02-01T00:00:00.000Z')), review),
  ),
  ({ transfer }) => transfer,
);

const DEADLINE = '2026-01-01T00:01:00.000Z';
/** A try at the coordinator, with the plan of a transfer of one to three legs among three shards. */
const intended = fc
  .record({ transfer: begunId, plan: planned(shard), upTo: fc.boolean(), waits: review })
  .map(({ transfer, plan, upTo, waits }) => {
    const intent = { plan, deadline: DEADLINE };
    const command = {
      kind: 'try',
      tenant: TENANT,
      transfer,
      legs: legsAt(plan, SHARD, TENANT),
      coordinator: SHARD,
    } as const;
    return { ...command, intent, ...(upTo ? { upTo } : {}), ...waits };
  });

const opening: Arb<OpenAccount> = claimed(
  fc
    .record({
      n: fc.integer({ min: 8, max: 11 }),
      tenant,
      asset,
      minBalance: fc.constantFrom(null, 0n),
      reference: fc.constantFrom(undefined, 'shop:one', 'shop:two', 'shop:away'),
    })
    .map(({ n, minBalance, reference, ...rest }) => {
      // The last lies on another shard.
      const id = accountOf(n, n === 11 ? BEYOND : n);
      const common = {
        kind: 'open_account',
        account: id,
        limits: { minBalance, maxBalance: null },
        metadata: {},
      } as const;
      if (reference === undefined) return { ...common, ...rest };
      const bucket = reference === 'shop:away' ? BEYOND : 1;
      const claim = {
        id: claimIdOf(bucket, keyDigest(rest.tenant, 'reference', reference)),
        tenant: rest.tenant,
        namespace: 'reference' as const,
        key: reference,
      };
      const fields: Record<string, string> = {};
      return {
        ...common,
        ...rest,
        reference,
        referenceClaim: { ...claim, subject: id, form: 1, request: '0'.repeat(32), fields } as const,
      };
    }),
  ({ account: id }) => id,
);

const scheduled = scheduleCommands({
  tenant,
  transfer: fc.oneof(often(6, post), often(1, hold), often(1, intended)),
  operation: followUpId,
  claimed,
});

const reviews = reviewCommands({
  tenant,
  review: fc.oneof(often(4, transferId), often(4, holdId), often(4, sagaId)),
  operation: idFrom(48, 71),
  claimed,
});

export const ledgerCommand: Arb<Command> = fc.oneof(
  often(18, reviews),
  often(16, scheduled),
  often(10, post),
  often(6, hold),
  often(
    7,
    claimed(
      joined(
        fc.record({
          kind: kind('capture'),
          tenant,
          transfer: followUpId,
          hold: holdId,
          final: fc.boolean(),
          deadline: fc.constant(DEADLINE),
        }),
        maybe('parts', 7, parts),
      ),
      (made) => made.transfer,
    ),
  ),
  often(
    2,
    claimed(
      fc.record({ kind: kind('void'), tenant, operation: followUpId, hold: holdId }),
      (made) => made.operation,
    ),
  ),
  often(2, fc.record({ kind: kind('expire'), tenant, hold: holdId })),
  often(
    7,
    claimed(
      joined(
        fc.record({
          kind: kind('reverse'),
          tenant,
          transfer: followUpId,
          original: targetId,
          deadline: fc.constant(DEADLINE),
        }),
        maybe('parts', 6, parts),
      ),
      (made) => made.transfer,
    ),
  ),
  often(5, participantCommands({ tenant: TENANT, transfer: sagaId, hold: holdId, legs, localLeg, legAway })),
  often(4, intended),
  often(4, holdApart({ tenant: TENANT, transfer: holdId, plan: planned(shard), deadline: DEADLINE })),
  often(9, fc.record({ kind: kind('confirm'), tenant, transfer: confirmedId })),
  often(
    4,
    joined(
      fc.record({
        kind: kind('cancel'),
        tenant,
        transfer: canceledId,
        coordinator: fc.constant(1),
        reason: fc.constant({ code: 'operator' as const }),
      }),
      maybe('unlessBegun', 2, fc.boolean()),
    ),
  ),
  often(
    3,
    fc
      .array(fc.oneof(often(3, post), often(1, hold)), { minLength: 1, maxLength: 4 })
      .map((items) => ({ kind: 'linked' as const, items })),
  ),
  often(
    4,
    claimed(
      fc.record({ kind: kind('change_account'), tenant, operation: followUpId, account, change }),
      (made) => made.operation,
    ),
  ),
  often(6, signingCommand),
  often(3, opening),
  often(
    1,
    transferId
      .chain((subject) => claimOn(subject, TENANT))
      .map((claim) => ({ kind: 'claim_key' as const, claim })),
  ),
  often(
    1,
    fc.oneof(
      fc.record({ kind: kind('create_tenant'), tenant, placement: fc.constant('spread' as const) }),
      fc.record({ kind: kind('raise_writer_version'), version: fc.integer({ min: 1, max: 3 }) }),
    ),
  ),
);
