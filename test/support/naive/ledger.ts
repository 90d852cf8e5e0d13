import type {
  CancelTransfer,
  ChangeAccount,
  Command,
  ConfirmTransfer,
  HoldTransfer,
  LinkedTransfers,
  OpenAccount,
  PivotTransfer,
  PostTransfer,
  ReverseTransfer,
  TryTransfer,
} from '../../../src/domain/command.js';
import type { TenantId, TransferId } from '../../../src/domain/ids.js';
import { type LocalLeg, legsAt } from '../../../src/domain/transfer.js';
import { isWaiting, NaiveBook, type Operation } from './book.js';
import { NaiveClaims } from './claims.js';
import { NaiveHolds } from './holds.js';
import { legsOf, malformedPart, partsLeft, partsOf, SHARD, turned } from './parts.js';
import { holds as rateHolds } from './rate.js';
import { NaiveReviews } from './reviews.js';
import { NaiveSchedules } from './schedules.js';
import { NaiveSigning } from './signing.js';
import { type Finding, findingsOf, verdict } from './verdict.js';

type FirstStep = PostTransfer | HoldTransfer | TryTransfer | PivotTransfer;

/**
 * What the kernel must answer, said in the plainest way there is. Slow, and obviously right. An answer is `done`,
 * `tombstone`, `rejected:<reason>`, `refused:<reason>`, or what it was before with `again:` in front.
 */
export class NaiveLedger {
  readonly book = new NaiveBook();
  private readonly claims: NaiveClaims;
  readonly schedules: NaiveSchedules;
  private readonly reviews: NaiveReviews;
  private readonly holds: NaiveHolds;
  private readonly tenants = new Set<TenantId>();
  private readonly signing = new NaiveSigning();
  private writerVersion = 1;

  constructor(lastBucket: number) {
    this.claims = new NaiveClaims(lastBucket);
    this.reviews = new NaiveReviews(this.book, this.claims, (id, tenant) => this.earlier(id, tenant));
    this.holds = new NaiveHolds(this.book, this.claims, (id, tenant) => this.earlier(id, tenant));
    this.schedules = new NaiveSchedules(
      this.book,
      this.claims,
      (id, tenant) => this.earlier(id, tenant),
      (command) => this.firstStep(command),
    );
  }

  /** `events`: how many the shard has before it. */
  put(command: Command, events = 0): string {
    switch (command.kind) {
      case 'post':
      case 'hold':
      case 'try':
      case 'pivot':
        return this.firstStep(command);
      case 'confirm':
        return this.confirm(command);
      case 'cancel':
        return this.cancel(command);
      case 'capture':
      case 'void':
      case 'expire':
        return this.holds.put(command);
      case 'reverse':
        return this.reverse(command);
      case 'linked':
        return this.linked(command);
      case 'change_account':
        return this.change(command);
      case 'open_account':
        return this.open(command);
      case 'claim_key':
        return this.claims.burn(command.claim);
      case 'create_tenant':
        if (this.tenants.has(command.tenant)) return 'again:done';
        this.tenants.add(command.tenant);
        return 'done';
      case 'raise_writer_version':
        if (command.version <= this.writerVersion) return 'again:done';
        this.writerVersion = command.version;
        return 'done';
      case 'add_signing_key':
        return this.signing.add(command);
      case 'sign_checkpoint':
        return this.signing.sign(command, events);
      case 'open_shard':
        return 'again:done';
      case 'approve':
      case 'decline':
      case 'expire_review':
        return this.reviews.put(command);
      case 'schedule':
      case 'fire':
      case 'skip':
      case 'unschedule':
        return this.schedules.put(command);
    }
  }

  private firstStep(command: FirstStep, company: 'alone' | 'linked' = 'alone'): string {
    const claim = 'claim' in command ? command.claim : undefined;
    const early = this.claims.refusal(claim) ?? this.earlier(command.transfer, command.tenant);
    if (early !== undefined) return early;
    const { kind, tenant, transfer } = command;
    const legs = this.settled(command);
    if (kind === 'hold' && legs.some(({ inTransit }) => inTransit?.side === 'debit'))
      return 'refused:across_shards';
    const capture = 'captures' in command && command.captures !== undefined;
    const sets = kind === 'hold' || isHolding(command);
    const findings = findingsOf(this.book, legs, tenant, sets ? 'hold' : capture ? 'capture' : 'move');
    const whole = kind === 'pivot' ? undefined : kind === 'try' ? command.intent?.plan.legs : legs;
    const rates = command.details?.fx ?? [];
    const broken = whole === undefined ? -1 : rates.findIndex((rate) => !rateHolds(whole, rate));
    if (broken >= 0) findings.push({ reason: 'fx_rate_mismatch' });
    if ('upTo' in command && command.upTo === true && whole?.length !== 1)
      findings.push({ reason: 'up_to_one_leg' });
    const wait = this.reviews.reasonFor(command, legs);
    const fine = company === 'linked' && wait !== undefined ? `rejected:review_required${wait}` : 'done';
    const answer = findings.length === 0 ? fine : verdict(findings);
    if (answer === 'refused:fx_rate_mismatch') return `${answer}@${broken}`;
    if (answer.startsWith('refused')) return answer;
    this.claims.keep(claim);
    const planned =
      kind === 'hold' ? command.plan?.legs : kind === 'try' ? command.intent?.plan.legs : undefined;
    const waits = answer === 'done' && wait !== undefined;
    const review = waits ? { review: 'open' as const } : {};
    const holds = kind !== 'hold' && sets ? { holds: 'making' as const } : {};
    const expires = 'expiresAt' in command ? { expires: true as const } : {};
    const operation = { id: transfer, tenant, step: kind, answer, legs, ...review, ...holds, ...expires };
    if (planned === undefined) return this.write(operation);
    const upTo =
      'upTo' in command && command.upTo === true && planned.length === 1 ? legs[0]?.amount : undefined;
    return this.write({
      ...operation,
      whole: planned.map((leg) => (upTo === undefined ? leg : { ...leg, amount: upTo })),
    });
  }

  /** The legs with `up_to` carried out: as much as the debit side has and the credit side has room for. */
  private settled(command: FirstStep): readonly LocalLeg[] {
    const [leg] = command.legs;
    if (!('upTo' in command) || command.upTo !== true || leg === undefined) return command.legs;
    const whole = command.kind === 'try' ? command.intent?.plan.legs : command.legs;
    if (whole?.length !== 1) return command.legs;
    const debit = leg.inTransit?.side === 'debit' ? undefined : this.book.accounts.get(leg.debit);
    const credit = leg.inTransit?.side === 'credit' ? undefined : this.book.accounts.get(leg.credit);
    const bounds = [leg.amount];
    if (debit !== undefined && debit.min !== null) bounds.push(this.book.available(leg.debit) - debit.min);
    if (credit !== undefined && credit.max !== null)
      bounds.push(credit.max - this.book.committed(leg.credit));
    const [amount = 0n] = bounds.sort((a, b) => (a < b ? -1 : 1));
    return amount > 0n ? [{ ...leg, amount }] : command.legs;
  }

  private confirm({ tenant, transfer }: ConfirmTransfer): string {
    const known = this.book.find(transfer);
    if (this.book.tombstones.get(transfer) === tenant) return 'refused:transfer_canceled';
    if (known?.tenant !== tenant) return 'refused:transfer_not_found';
    if (known.holds === 'held' || known.end === 'confirm') return 'again:done';
    if (known.end !== undefined || known.answer !== 'done') return 'refused:transfer_canceled';
    if (isWaiting(known)) return 'refused:transfer_not_found';
    if (known.step === 'post' || known.step === 'pivot') return 'again:done';
    if (known.step !== 'try') return 'refused:transfer_not_found';
    // Whoever coordinates it can capture and free it from now on.
    if (known.holds === 'making' && known.whole !== undefined) {
      known.holds = 'held';
      return 'done';
    }
    this.holds.ended(known, 'confirm');
    return 'done';
  }

  private cancel({ tenant, transfer, unlessBegun }: CancelTransfer): string {
    const known = this.book.find(transfer);
    const owner = known?.tenant ?? this.book.tombstones.get(transfer);
    if (owner !== undefined && owner !== tenant) return 'refused:transfer_not_found';
    if (this.book.tombstones.has(transfer)) return 'again:tombstone';
    if (known === undefined) {
      this.book.tombstones.set(transfer, tenant);
      return 'tombstone';
    }
    if (known.end === 'cancel') return 'again:done';
    if (known.end !== undefined || known.holds === 'held' || unlessBegun === true)
      return 'refused:transfer_decided';
    if (known.answer !== 'done') return `again:${known.answer}`;
    if (known.step !== 'try' || isWaiting(known) || known.follows === 'release')
      return 'refused:transfer_decided';
    this.holds.ended(known, 'cancel');
    return 'done';
  }

  private reverse({ tenant, transfer: id, original: of, claim, ...command }: ReverseTransfer): string {
    const early = this.claims.refusal(claim) ?? this.earlier(id, tenant);
    if (early !== undefined) return early;
    const original = this.book.find(of);
    if (original?.tenant !== tenant || original.follows === 'release') return 'refused:transfer_not_found';
    if (isWaiting(original)) return 'refused:in_review';
    const { step, whole: planned } = original;
    // Of what several shards did only the one that coordinates it can tell.
    if ((step === 'try' || step === 'pivot') && planned === undefined) return 'refused:transfer_not_found';
    const parts = command.parts ?? partsLeft(original, (leg) => this.book.reversible(original, leg));
    const malformed = malformedPart(parts, planned ?? original.legs);
    if (malformed !== undefined) return malformed;
    const whole = planned && partsOf(planned, parts).map(turned);
    const away = whole?.some(({ debitShard, creditShard }) => debitShard !== SHARD || creditShard !== SHARD);
    const legs =
      whole === undefined
        ? legsOf(original, parts).map((leg) => ({ ...leg, debit: leg.credit, credit: leg.debit }))
        : legsAt({ coordinator: SHARD, participants: [], legs: whole }, SHARD, tenant);
    const moved =
      original.answer === 'done' &&
      original.review !== 'over' &&
      (step === 'post' || step === 'capture' || original.end === 'confirm');
    const findings: Finding[] = findingsOf(this.book, legs, tenant, 'move');
    const tooMuch = parts.some(({ leg, amount }) => amount > this.book.reversible(original, leg));
    if (tooMuch || parts.length === 0) findings.push({ reason: 'reversal_exceeds_transfer' });
    const answer = moved ? verdict(findings) : 'rejected:transfer_not_posted';
    if (answer.startsWith('refused')) return answer;
    this.claims.keep(claim);
    const operation = { id, tenant, answer, legs, of, parts };
    if (whole === undefined || away !== true) return this.write({ ...operation, step: 'post' });
    if (answer !== 'done') return this.write({ ...operation, step: 'post', whole });
    return this.write({ ...operation, step: 'try', whole, follows: 'reversal' });
  }

  /** Strikes out what it wrote where an item did not go through. */
  private linked({ items }: LinkedTransfers): string {
    const repeat = items.every(({ transfer }) => this.book.find(transfer) !== undefined);
    const used = repeat ? undefined : this.usedBefore(items);
    if (used !== undefined) return used;
    const marks = { operations: this.book.operations.length, claims: this.claims.mark() };
    const strikeOut = (): void => {
      this.book.operations.length = marks.operations;
      this.claims.reset(marks.claims);
    };
    const answers: string[] = [];
    let failed: { readonly answer: string; readonly index: number } | undefined;
    for (const [index, item] of items.entries()) {
      const length = this.book.operations.length;
      const answer = this.firstStep(item, 'linked');
      answers.push(answer);
      if (answer.startsWith('refused')) {
        strikeOut();
        return `${answer.split('@')[0]}@${index}`;
      }
      if (answer.startsWith('rejected')) failed ??= { answer, index };
      // After the one that failed nothing is done any more, only looked at.
      if (failed !== undefined) this.book.operations.length = length;
    }
    if (failed === undefined) return answers.join(' ');
    const { answer, index } = failed;
    strikeOut();
    return items
      .map((one, i) => this.fail(one, i === index ? answer : 'rejected:linked_failed', index))
      .join(' ');
  }

  /** An item that is known from elsewhere, or twice in the batch, can share neither its success nor its failure. */
  private usedBefore(items: LinkedTransfers['items']): string | undefined {
    for (const [index, { transfer, claim }] of items.entries()) {
      const reused = this.claims.refusal(claim);
      if (reused !== undefined) return `${reused}@${index}`;
      if (this.book.tombstones.has(transfer)) return `refused:transfer_canceled@${index}`;
      const twice = items
        .slice(0, index)
        .some((one) => one.transfer === transfer || (claim !== undefined && one.claim?.id === claim.id));
      if (twice || this.book.find(transfer) !== undefined) return `refused:idempotency_key_reused@${index}`;
    }
    return undefined;
  }

  private fail(item: LinkedTransfers['items'][number], answer: string, index: number): string {
    const { transfer: id, tenant, kind: step, legs, claim } = item;
    this.claims.keep(claim);
    const planned = step === 'hold' ? item.plan?.legs : undefined;
    const operation = { id, tenant, step, answer: `${answer}@${index}`, legs };
    return this.write(planned === undefined ? operation : { ...operation, whole: planned });
  }

  private change({ tenant, operation: id, account: of, change, claim }: ChangeAccount): string {
    const early = this.claims.refusal(claim) ?? this.earlier(id, tenant);
    if (early !== undefined) return early;
    const account = this.book.accounts.get(of);
    if (account?.tenant !== tenant) return `refused:account_not_found:${of}`;
    const { minBalance: min = account.min, maxBalance: max = account.max } = change;
    const { status = account.status, reviewDebits = account.reviewDebits } = change;
    if (min !== null && max !== null && min > max) return `refused:limits_crossed:${of}`;
    const { book } = this;
    const empty =
      book.posted(of, 'credit') === book.posted(of, 'debit') &&
      book.pending(of, 'debit') === 0n &&
      book.pending(of, 'credit') === 0n;
    let answer = 'done';
    if (account.status === 'closed') answer = `rejected:account_closed:${of}`;
    else if (change.status === 'closed' && !empty) answer = `rejected:account_not_empty:${of}`;
    else Object.assign(account, { min, max, status, reviewDebits });
    this.claims.keep(claim);
    return this.write({ id, tenant, step: 'change', answer, legs: [] });
  }

  private open(command: OpenAccount): string {
    const { tenant, account, asset, limits, claim, referenceClaim } = command;
    const early = this.claims.refusal(claim) ?? this.claims.elsewhere(account);
    if (early !== undefined) return early;
    if (this.book.accounts.has(account)) return 'again:done';
    const taken = this.claims.refusal(referenceClaim);
    if (taken !== undefined) return taken === 'refused:wrong_shard' ? taken : 'refused:reference_taken';
    this.claims.keep(claim);
    this.claims.keep(referenceClaim);
    const { minBalance: min, maxBalance: max } = limits;
    this.book.accounts.set(account, { tenant, asset, min, max, status: 'open', reviewDebits: false });
    return 'done';
  }

  /** The answer to an operation whose id was used before; undefined if it was not. */
  private earlier(id: TransferId, tenant: TenantId): string | undefined {
    const known = this.book.find(id);
    const owner = known?.tenant ?? this.book.tombstones.get(id);
    if (owner === undefined) return undefined;
    if (owner !== tenant) return 'refused:transfer_not_found';
    return known === undefined ? 'refused:transfer_canceled' : `again:${known.answer}`;
  }

  private write(operation: Operation): string {
    this.book.operations.push(operation);
    return operation.answer;
  }
}

/** Part of a hold with debits on several shards. */
const isHolding = (command: FirstStep): boolean =>
  (command.kind === 'try' && command.intent?.plan.holds === true) ||
  ('holds' in command && command.holds === true);
