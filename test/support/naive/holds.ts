import type { CaptureHold, HoldCommand, VoidHold } from '../../../src/domain/command.js';
import { releaseIdOf, type TenantId, type TransferId } from '../../../src/domain/ids.js';
import { legsAt, type Part } from '../../../src/domain/transfer.js';
import { isHold, isWaiting, type NaiveBook, type Operation } from './book.js';
import type { NaiveClaims } from './claims.js';
import { legsOf, malformedPart, partsLeft, partsOf, SHARD } from './parts.js';
import { type Finding, findingsOf, verdict } from './verdict.js';

/** What becomes of holds. */
export class NaiveHolds {
  constructor(
    private readonly book: NaiveBook,
    private readonly claims: NaiveClaims,
    private readonly earlier: (id: TransferId, tenant: TenantId) => string | undefined,
  ) {}

  put(command: HoldCommand): string {
    switch (command.kind) {
      case 'capture':
        return this.capture(command);
      case 'void':
        return this.void(command);
      case 'expire':
        return this.expire(command.tenant, command.hold);
    }
  }

  /** The end of a try, and what it does to the hold that it captures, if it does. */
  ended(known: Operation, end: 'confirm' | 'cancel'): void {
    const captures = known.follows === 'capture' || known.follows === 'final capture';
    const hold = captures && known.of !== undefined ? this.book.find(known.of) : undefined;
    const wasOpen = hold?.end === undefined;
    known.end = end;
    if (hold === undefined) return;
    if (end === 'cancel') {
      if (!wasOpen) this.release(hold, known.parts ?? [], known.id);
      return;
    }
    if (!wasOpen) return;
    if (known.follows === 'final capture') this.close(hold, 'capture', known.id);
    else if (this.book.usedUp(hold)) hold.end = 'capture';
  }

  private capture(command: CaptureHold): string {
    const { tenant, transfer, claim, final } = command;
    const early = this.claims.refusal(claim) ?? this.earlier(transfer, tenant);
    if (early !== undefined) return early;
    const hold = this.hold(tenant, command.hold);
    if (hold === undefined) return 'refused:hold_not_found';
    const parts = command.parts ?? partsLeft(hold, (leg) => this.book.remaining(hold, leg));
    const malformed = malformedPart(parts, hold.whole ?? hold.legs);
    if (malformed !== undefined) return malformed;
    if (isWaiting(hold)) return 'refused:in_review';
    if (isMaking(hold)) return 'refused:hold_processing';
    const whole = hold.whole && partsOf(hold.whole, parts);
    const away = whole?.some(({ debitShard, creditShard }) => debitShard !== SHARD || creditShard !== SHARD);
    const legs =
      whole === undefined
        ? legsOf(hold, parts)
        : legsAt({ coordinator: SHARD, participants: [], legs: whole }, SHARD, tenant);
    const findings: Finding[] = [];
    if (parts.length === 0 || parts.some(({ leg, amount }) => amount > this.book.remaining(hold, leg)))
      findings.push({ reason: 'capture_exceeds_hold' });
    findings.push(...findingsOf(this.book, legs, tenant, 'capture'));
    const answer = this.isOpen(hold) ? verdict(findings) : 'rejected:hold_closed';
    if (answer.startsWith('refused')) return answer;
    this.claims.keep(claim);
    const operation = { id: transfer, tenant, answer, legs, of: command.hold, parts };
    if (whole !== undefined && away === true) {
      if (answer !== 'done') return this.write({ ...operation, step: 'capture', whole });
      return this.write({ ...operation, step: 'try', whole, follows: final ? 'final capture' : 'capture' });
    }
    this.write({ ...operation, step: 'capture' });
    if (answer !== 'done') return answer;
    if (final) this.close(hold, 'capture', transfer);
    else if (this.book.usedUp(hold)) hold.end = 'capture';
    return answer;
  }

  private void({ tenant, operation: id, hold: of, claim }: VoidHold): string {
    const early = this.claims.refusal(claim) ?? this.earlier(id, tenant);
    if (early !== undefined) return early;
    const hold = this.hold(tenant, of);
    if (hold === undefined) return 'refused:hold_not_found';
    if (isWaiting(hold)) return 'refused:in_review';
    if (isMaking(hold)) return 'refused:hold_processing';
    const answer = this.isOpen(hold) ? 'done' : 'rejected:hold_closed';
    this.claims.keep(claim);
    this.write({ id, tenant, step: 'void', answer, legs: [] });
    if (answer === 'done') this.close(hold, 'void', id);
    return answer;
  }

  private expire(tenant: TenantId, id: TransferId): string {
    const hold = this.hold(tenant, id);
    if (hold === undefined) return 'refused:hold_not_found';
    if (isWaiting(hold)) return 'refused:in_review';
    if (isMaking(hold)) return 'refused:hold_processing';
    if (!this.isOpen(hold)) return 'refused:hold_closed';
    if (hold.expires !== true) return 'refused:hold_never_expires';
    this.close(hold, 'expire', id);
    return 'done';
  }

  /** What remains comes free; `cause` is what did it. */
  private close(hold: Operation, end: 'capture' | 'void' | 'expire', cause: TransferId): void {
    const rest = partsLeft(hold, (leg) => this.book.remaining(hold, leg));
    hold.end = end;
    this.release(hold, rest, cause);
  }

  /** Other shards have to be told of what is theirs. */
  private release(hold: Operation, parts: readonly Part[], cause: TransferId): void {
    const { tenant } = hold;
    for (const shard of new Set(parts.map(({ leg }) => hold.whole?.[leg]?.debitShard ?? SHARD))) {
      if (shard === SHARD) continue;
      const id = releaseIdOf(tenant, cause, shard);
      this.write({ id, tenant, step: 'try', answer: 'done', legs: [], follows: 'release', whole: [] });
    }
  }

  private isOpen = (hold: Operation): boolean =>
    hold.answer === 'done' && hold.end === undefined && (hold.step === 'hold' || hold.holds === 'held');

  private hold(tenant: TenantId, id: TransferId): Operation | undefined {
    const known = this.book.find(id);
    // Of one that another shard coordinates this one can not tell.
    const ours = known?.step === 'hold' || known?.whole !== undefined;
    return known?.tenant === tenant && isHold(known) && ours ? known : undefined;
  }

  private write(operation: Operation): string {
    this.book.operations.push(operation);
    return operation.answer;
  }
}

const isMaking = ({ holds, end, answer }: Operation): boolean =>
  holds === 'making' && end === undefined && answer === 'done';
