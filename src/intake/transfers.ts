import type { Claim } from '../domain/claim.js';
import type { Origin } from '../domain/command.js';
import { bucketOf, type TenantId, type TransferId, transferIdOf } from '../domain/ids.js';
import { untouched } from '../domain/parts.js';
import { debitPlanOf, partAt } from '../domain/plan.js';
import type { Rejection } from '../domain/rejections.js';
import type { ReviewTerms } from '../domain/review.js';
import { debitsAt, legsAt } from '../domain/transfer.js';
import type { AccountDirectory } from '../routing/account-directory.js';
import type { Placement } from '../routing/placement.js';
import { writtenView } from '../routing/transfer-view.js';
import { type Route, routeOf } from '../saga/plan.js';
import type { ShardPools } from '../storage/shard-pools.js';
import { readAccounts } from '../storage/statements/read-accounts.js';
import { canonicalTransfer } from './canonical-request.js';
import { type Endings, ended, told } from './endings.js';
import type { KeyIdentity, Keys } from './keys.js';
import type { Refused, TransferAnswer, TransferTerms } from './requests.js';
import { ReviewClerk, type ReviewRules } from './review-rules.js';
import { ShardFormats } from './shard-formats.js';

export interface TransferIntakeOptions {
  readonly keys: Keys;
  readonly directory: AccountDirectory;
  /** As the posting role. */
  readonly pools: ShardPools;
  readonly endings: Endings;
  /** Of a saga that begins now, RFC 3339. */
  readonly deadline: () => string;
  readonly clock: () => number;
  readonly reviewRules: ReviewRules;
}

/** A request with everything its command needs. */
export interface PreparedTransfer {
  readonly transfer: TransferId;
  readonly shard: number;
  readonly route: Route;
  readonly claim: Claim | undefined;
  readonly command: ReturnType<typeof commandOf>;
}

/**
 * Where requests for transfers become commands: finds the shards, posts locally or leaves a durable intent for the
 * saga, and answers. Every repeat of a key comes to the same answer (P4).
 */
export class TransferIntake {
  private readonly reviews: ReviewClerk;
  private readonly formats: ShardFormats;

  constructor(private readonly options: TransferIntakeOptions) {
    this.reviews = new ReviewClerk(options.reviewRules);
    this.formats = new ShardFormats(options.keys.router);
  }

  /** @throws ShardUnavailableError and the like: the outcome is unknown and the request should be repeated. */
  async transfer(
    key: KeyIdentity,
    terms: TransferTerms,
    origin: Origin,
    waitMs: number,
  ): Promise<TransferAnswer> {
    // Promises only where there is something to wait for: a turn of the event loop for every request adds up.
    const known = this.options.keys.placementOf(key.tenant);
    const placement = typeof known === 'string' ? known : await known;
    let prepared = this.prepare(key, terms, placement);
    const { shard, route, claim, transfer } = prepared;
    const { keys, directory } = this.options;
    const tried = isSaidByAccounts(terms) && claim !== undefined && keys.homeOf(claim) !== shard;
    if ((tried || route.kind === 'saga') && !directory.canBe(key.tenant, terms.legs)) {
      const refusal = await this.refusalBeforeClaim(key.tenant, prepared, terms, origin);
      if (refusal !== undefined) return refusal;
    }
    if (debitsElsewhere(route)) prepared = await this.readied(prepared, origin);
    const { command } = prepared;
    const answer = await keys.carryOut(shard, command, claim, origin, { tried });
    if (answer.kind === 'refused') return { kind: 'refused', rejection: answer.rejection };
    const view = command.kind !== 'try' && answer.written && writtenView(answer.written, transfer, shard);
    return view ? told(view, false) : this.options.endings.answer(transfer, shard, answer, waitMs);
  }

  prepare(key: KeyIdentity, terms: TransferTerms, placement: Placement): PreparedTransfer {
    const { keys, deadline, clock } = this.options;
    const [first] = terms.legs;
    if (first === undefined) throw new RangeError('a transfer has at least one leg');
    const transfer = transferIdOf(bucketOf(first.debit), key.digest);
    const claim = keys.ownClaimOf(key, placement, transfer, () => canonicalTransfer(terms));
    const route = routeOf(terms.legs, (account) => keys.router.map.shardOf(account));
    const shard = route.kind === 'local' ? route.shard : route.plan.coordinator;
    const review = this.reviews.of(terms, clock());
    return {
      transfer,
      shard,
      route,
      claim,
      command: commandOf(key.tenant, transfer, terms, route, deadline, review),
    };
  }

  /** What has to be seen to before one is asked for that other shards are debited by. */
  async readied(prepared: PreparedTransfer, origin: Origin): Promise<PreparedTransfer> {
    const ready = await this.withMarks(prepared);
    const { command } = ready;
    if (command.kind === 'try' && command.intent.plan.holds === true)
      await this.formats.understandHolds(command.intent.plan, origin);
    return ready;
  }

  /**
   * Across shards the coordinator knows only its own accounts: whether another that is debited is marked for review is
   * asked here. A mark that is made after this look is one for later transfers.
   */
  private async withMarks(prepared: PreparedTransfer): Promise<PreparedTransfer> {
    const { route, command } = prepared;
    if (command.kind !== 'try' || route.kind !== 'saga' || command.review?.reason !== undefined)
      return prepared;
    const { plan } = route;
    const elsewhere = plan.participants.map((shard) => {
      const debits = plan.legs.filter(({ debitShard }) => debitShard === shard).map(({ debit }) => debit);
      if (debits.length === 0) return [];
      return this.options.pools.read(shard, (pool) => readAccounts(pool, [...new Set(debits)]));
    });
    const marked = (await Promise.all(elsewhere)).flat().find(({ reviewDebits }) => reviewDebits);
    if (marked === undefined || command.review === undefined) return prepared;
    const reason = { code: 'account', account: marked.id } as const;
    return { ...prepared, command: { ...command, review: { ...command.review, reason } } };
  }

  /** What would become of it now, with nothing written and no key taken. */
  async dryRun(key: KeyIdentity, terms: TransferTerms, origin: Origin): Promise<TransferAnswer> {
    const placement = await this.options.keys.placementOf(key.tenant);
    const { transfer, shard, route, command } = await this.withMarks(this.prepare(key, terms, placement));
    if (route.kind === 'saga' && terms.hold !== undefined) {
      // Its shards answer for the debits alone.
      const rejection = await this.options.directory.refusalOf(key.tenant, terms.legs);
      if (rejection !== undefined) return { kind: 'refused', rejection };
    }
    const { router } = this.options.keys;
    const answer = await router.submit(shard, command, origin, { dry: true });
    if (answer.kind === 'refused') return answer;
    const view = answer.written && writtenView(answer.written, transfer, shard);
    if (view === undefined) throw new Error(`a trial of ${transfer} gave no event`);
    if (command.kind !== 'try' || answer.result === 'rejected') return ended(view, false);
    const { plan } = command.intent;
    const { tenant } = key;
    const { coordinator } = plan;
    for (const participant of plan.participants) {
      const part = {
        kind: 'try',
        tenant,
        transfer,
        coordinator,
        ...partAt(plan, undefined, participant, tenant),
      } as const;
      const outcome = await router.submit(participant, part, origin, { dry: true });
      if (outcome.kind === 'refused') return outcome;
      if (outcome.rejection !== undefined) {
        return ended(
          { ...view, status: 'rejected', endedAt: view.createdAt, rejection: outcome.rejection },
          false,
        );
      }
    }
    if (view.status === 'review') return ended(view, false);
    if (plan.holds === true) return ended({ ...view, status: 'held', hold: untouched(view.legs) }, false);
    return ended({ ...view, status: 'posted', endedAt: view.createdAt }, false);
  }

  /** Why the terms can never be carried out, if so; what depends on what the accounts hold is no matter. */
  async refusalOfForm(
    key: KeyIdentity,
    terms: TransferTerms,
    origin: Origin,
  ): Promise<Rejection | undefined> {
    const { keys, directory } = this.options;
    const placement = await keys.placementOf(key.tenant);
    const { shard, route, command } = this.prepare(key, terms, placement);
    if (route.kind === 'saga') {
      const rejection = await directory.refusalOf(key.tenant, terms.legs);
      if (rejection !== undefined) return rejection;
    }
    const trial = await keys.router.submit(shard, command, origin, { dry: true });
    return trial.kind === 'refused' ? trial.rejection : undefined;
  }

  /** What can never be is refused before its key is taken. */
  private async refusalBeforeClaim(
    tenant: TenantId,
    { claim }: PreparedTransfer,
    { legs }: TransferTerms,
    origin: Origin,
  ): Promise<Refused | undefined> {
    const { keys, directory } = this.options;
    const rejection = await directory.refusalOf(tenant, legs);
    if (rejection === undefined) return undefined;
    const reused = claim && (await keys.reuseOf(claim, origin));
    return { kind: 'refused', rejection: reused ?? rejection };
  }
}

function commandOf(
  tenant: TenantId,
  transfer: TransferId,
  { legs, details, upTo, hold }: TransferTerms,
  route: Route,
  deadline: () => string,
  review: ReviewTerms,
) {
  if (route.kind === 'local' && details === undefined && upTo === undefined) {
    if (hold === undefined) return { kind: 'post' as const, tenant, transfer, legs, review };
    if (hold.expiresAt === undefined) return { kind: 'hold' as const, tenant, transfer, legs, review };
  }
  if (route.kind === 'saga' && hold === undefined && details === undefined && upTo === undefined) {
    const { plan } = route;
    const { coordinator } = plan;
    const intent = { plan, deadline: deadline() };
    const ours = legsAt(plan, coordinator, tenant);
    return { kind: 'try' as const, tenant, transfer, legs: ours, coordinator, intent, review };
  }
  const extra = {
    review,
    ...(details === undefined ? {} : { details }),
    ...(upTo === undefined ? {} : { upTo }),
    ...(hold?.expiresAt === undefined ? {} : { expiresAt: hold.expiresAt }),
  };
  const ids = { tenant, transfer };
  if (route.kind === 'local')
    return { kind: hold ? ('hold' as const) : ('post' as const), ...ids, legs, ...extra };
  const { plan } = route;
  const { coordinator } = plan;
  const trying = { kind: 'try' as const, ...ids, coordinator, ...extra };
  if (hold === undefined) {
    const intent = { plan, deadline: deadline() };
    return { ...trying, intent, legs: legsAt(plan, coordinator, tenant) };
  }
  const legsHere = debitsAt(plan, coordinator, tenant);
  const debits = debitPlanOf(coordinator, plan.legs);
  // All of its debits are here: this shard alone can say that it is held.
  if (debits === undefined) return { kind: 'hold' as const, ...ids, plan, legs: legsHere, ...extra };
  const intent = { plan: { ...debits, holds: true as const }, deadline: deadline() };
  return { ...trying, intent, legs: legsHere };
}

/**
 * Whether its accounts alone say that it can be: no rate or bound to be kept to, and so little that no counter comes to
 * its 38 digits by it.
 */
const isSaidByAccounts = ({ legs, details, upTo }: TransferTerms): boolean =>
  upTo !== true && details?.fx === undefined && legs.every(({ amount }) => amount <= LITTLE);
const LITTLE = 10n ** 30n;

const debitsElsewhere = (route: Route): boolean =>
  route.kind === 'saga' && route.plan.legs.some(({ debitShard }) => debitShard !== route.plan.coordinator);
