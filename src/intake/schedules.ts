import { setImmediate } from 'node:timers/promises';
import { firstOccurrence, occurrenceAfter } from '../calendar/rule.js';
import type { Claim } from '../domain/claim.js';
import type { FireOccurrence, Origin, ScheduleCommand } from '../domain/command.js';
import {
  bucketOf,
  occurrenceIdOf,
  type ScheduleId,
  scheduleIdOf,
  type TenantId,
  transferIdOf,
} from '../domain/ids.js';
import type { Rejection } from '../domain/rejections.js';
import type { CalendarRule, Missed, TransferTerms } from '../domain/schedule.js';
import type { CreateSchedule, SkipOccurrences } from '../domain/schedule-command.js';
import { decodeEvent } from '../journal/decode.js';
import { canceledViewOf, createdViewOf } from '../routing/schedule-view.js';
import { answerViewOf, type TimedEvent, transferViewOf, writtenView } from '../routing/transfer-view.js';
import type { ShardPools } from '../storage/shard-pools.js';
import type { DueSchedule } from '../storage/statements/read-due-schedules.js';
import { eventAt } from '../storage/statements/read-events.js';
import { readHistory } from '../storage/statements/read-history.js';
import { readSchedules } from '../storage/statements/read-schedules.js';
import {
  canonicalSchedule,
  canonicalScheduleCancel,
  canonicalScheduledTransfer,
} from './canonical-request.js';
import { clientKey, type KeyIdentity, type Keys, occurrenceKey } from './keys.js';
import type {
  NewSchedule,
  NewScheduleCancel,
  NewScheduledTransfer,
  Refused,
  ScheduleAnswer,
  TransferAnswer,
} from './requests.js';
import type { TransferIntake } from './transfers.js';

/** How late an occurrence may be before it counts as missed, by the shard's clock. */
const MISSED_AFTER_MS = 60_000;
/** Most occurrences that one command passes over. */
const MOST_SKIPPED = 1_000;
/** For how long it looks for them: each costs about a millisecond, and what is due meanwhile waits for the command. */
const MOST_SKIPPING_MS = 1_000;
const SCHEDULER = 'system:schedule';

interface Asked {
  readonly key: KeyIdentity;
  readonly terms: TransferTerms;
  readonly rule?: CalendarRule;
  readonly missed: Missed;
  readonly at: string | undefined;
  readonly canonical: Readonly<Record<string, unknown>>;
}
interface Recorded {
  readonly written: TimedEvent;
  readonly shard: number;
  readonly replayed: boolean;
}

/** Transfers asked for in advance: makes and cancels schedules, and carries out what is due of them. */
export class ScheduleIntake {
  constructor(
    private readonly keys: Keys,
    private readonly transfers: TransferIntake,
    /** As the posting role. */
    private readonly pools: ShardPools,
    private readonly clock: () => number,
  ) {}

  /** Answers with the transfer that will be, whose id is known already; a repeat with what has become of it. */
  async transferAt(request: NewScheduledTransfer, origin: Origin): Promise<TransferAnswer> {
    const { tenant, terms, at } = request;
    const key = clientKey(tenant, request.key);
    const canonical = canonicalScheduledTransfer(request);
    const made = await this.create({ key, terms, missed: 'fire', at, canonical }, origin);
    if ('kind' in made) return made;
    const { written, shard, replayed } = made;
    const { event } = written;
    if (event.type !== 'schedule.created') throw new Error(`${event.type} makes no schedule`);
    const transfer = firstOf(tenant, event.schedule);
    const history = replayed && (await this.pools.read(shard, (pool) => readHistory(pool, [transfer])));
    const view = history ? answerViewOf(history, transfer, shard) : writtenView(written, transfer, shard);
    if (view === undefined) throw new Error(`nothing is recorded of ${transfer}`);
    const isOpen = view.status === 'scheduled' || view.status === 'processing';
    return { kind: isOpen ? 'processing' : 'ended', transfer: view, replayed };
  }

  async schedule(request: NewSchedule, origin: Origin): Promise<ScheduleAnswer> {
    const { tenant, terms, rule, missed } = request;
    const key = clientKey(tenant, request.key);
    const at = firstOccurrence(rule);
    const made = await this.create(
      { key, terms, rule, missed, at, canonical: canonicalSchedule(request) },
      origin,
    );
    if ('kind' in made) return made;
    return { kind: 'schedule', schedule: createdViewOf(made.written), replayed: made.replayed };
  }

  async cancel(request: NewScheduleCancel, origin: Origin): Promise<ScheduleAnswer> {
    const canceled = await this.callOff(request, origin);
    if ('kind' in canceled) return canceled;
    const { written, shard, replayed } = canceled;
    const created = await this.createdOf(shard, request.schedule);
    return { kind: 'schedule', schedule: canceledViewOf(created, written), replayed };
  }

  /** As `cancel`, of a schedule of one occurrence: answers with the transfer that will not be. */
  async cancelTransfer(request: NewScheduleCancel, origin: Origin): Promise<TransferAnswer> {
    const { tenant, schedule } = request;
    const canceled = await this.callOff(request, origin);
    if ('kind' in canceled) return canceled;
    const { shard, replayed } = canceled;
    const transfer = firstOf(tenant, schedule);
    const history = await this.pools.read(shard, (pool) => readHistory(pool, [transfer]));
    const view = transferViewOf(history, transfer, shard);
    if (view === undefined) throw new Error(`nothing is recorded of ${transfer}`);
    return { kind: 'ended', transfer: view, replayed };
  }

  /**
   * Carries out the next occurrence of a schedule, or passes over those that were missed. Whoever else does it at the
   * same time, and however often: the shard takes one, and refuses the others. False if this one was refused.
   */
  async carryOutDue({ schedule, tenant, settled, due, body, now }: DueSchedule): Promise<boolean> {
    const { event, envelope } = decodeEvent(body);
    if (event.type !== 'schedule.created') throw new Error(`${envelope.id} makes no schedule`);
    const { terms, rule, missed } = event;
    const origin = { actor: SCHEDULER, cause: envelope.id };
    const shard = this.keys.router.map.shardOf(schedule);
    const number = settled + 1;
    const after = (last: number, at: string): string | undefined => rule && occurrenceAfter(rule, last, at);
    const isMissed = (at: string): boolean => Date.parse(at) + MISSED_AFTER_MS < now.getTime();
    if (missed === 'skip' && isMissed(due)) {
      let [last, next] = [number, after(number, due)];
      const enoughMs = performance.now() + MOST_SKIPPING_MS;
      while (next !== undefined && isMissed(next) && last - settled < MOST_SKIPPED) {
        // After an outage there may be hundreds of schedules with a thousand each: the node does all else in between.
        await setImmediate();
        if (performance.now() > enoughMs) break;
        last += 1;
        next = after(last, next);
      }
      const skip = { kind: 'skip', tenant, schedule, first: number, last, due } as const;
      return this.isTaken(shard, next === undefined ? skip : { ...skip, next }, origin);
    }
    const details = { ...terms.details, occurrence: { schedule, number } };
    const placement = await this.keys.placementOf(tenant);
    const key = occurrenceKey(tenant, schedule, number);
    const prepared = this.transfers.prepare(key, { ...terms, details }, placement);
    const { command: transfer } = await this.transfers.readied(prepared, origin);
    const next = after(number, due);
    const fire = { kind: 'fire', tenant, schedule, occurrence: number, due, transfer } as const;
    return this.isTaken(shard, next === undefined ? fire : { ...fire, next }, origin);
  }

  private async isTaken(
    shard: number,
    command: FireOccurrence | SkipOccurrences,
    origin: Origin,
  ): Promise<boolean> {
    return (await this.keys.router.submit<ScheduleCommand>(shard, command, origin)).kind === 'recorded';
  }

  private async create(asked: Asked, origin: Origin): Promise<Recorded | Refused> {
    const { key, terms, rule, missed, at, canonical } = asked;
    const { tenant, digest } = key;
    const [first] = terms.legs;
    if (first === undefined) throw new RangeError('a transfer has at least one leg');
    const schedule = scheduleIdOf(bucketOf(first.debit), digest);
    const placement = await this.keys.placementOf(tenant);
    const subject = rule === undefined ? firstOf(tenant, schedule) : schedule;
    const claim = this.keys.claimOf(key, placement, subject, canonical);
    const shard = this.keys.router.map.shardOf(schedule);
    const when = { missed, next: at ?? '', ...(rule === undefined ? {} : { rule }) };
    const command: CreateSchedule = { kind: 'schedule', tenant, schedule, terms, ...when };
    const refusal = await this.refusalOf(asked, schedule, origin);
    // A repeat gets the answer of the first request, whatever time it is by now.
    const refused = refusal && (await this.refusedUnlessMade(command, shard, claim, refusal, origin));
    if (refused !== undefined) return refused;
    const answer = await this.keys.carryOut(shard, command, claim, origin);
    if (answer.kind === 'refused') return answer;
    const written = answer.written ?? (await this.recorded(shard, answer.seq));
    return { written, shard, replayed: answer.replayed };
  }

  private async refusalOf(
    { key, terms, at }: Asked,
    schedule: ScheduleId,
    origin: Origin,
  ): Promise<Rejection | undefined> {
    if (at === undefined) return { code: 'schedule_never_fires' };
    if (Date.parse(at) <= this.clock()) return { code: 'schedule_in_past' };
    return this.transfers.refusalOfForm(occurrenceKey(key.tenant, schedule, 1), terms, origin);
  }

  private async refusedUnlessMade(
    command: CreateSchedule,
    shard: number,
    claim: Claim,
    rejection: Rejection,
    origin: Origin,
  ): Promise<Refused | undefined> {
    const reused = await this.keys.reuseOf(claim, origin);
    if (reused !== undefined) return { kind: 'refused', rejection: reused };
    const trial = await this.keys.router.submit(shard, command, origin, { dry: true });
    const made = trial.kind === 'recorded' && trial.replayed;
    return made ? undefined : { kind: 'refused', rejection };
  }

  private async callOff(request: NewScheduleCancel, origin: Origin): Promise<Recorded | Refused> {
    const { tenant, schedule } = request;
    const key = clientKey(tenant, request.key);
    const operation = transferIdOf(bucketOf(schedule), key.digest);
    const placement = await this.keys.placementOf(tenant);
    const claim = this.keys.claimOf(key, placement, operation, canonicalScheduleCancel(request));
    const shard = this.keys.router.map.shardOf(schedule);
    const command = { kind: 'unschedule', tenant, operation, schedule } as const;
    const answer = await this.keys.carryOut(shard, command, claim, origin);
    if (answer.kind === 'refused') return answer;
    const written = answer.written ?? (await this.recorded(shard, answer.seq));
    return { written, shard, replayed: answer.replayed };
  }

  private async createdOf(shard: number, schedule: ScheduleId): Promise<TimedEvent> {
    const [known] = await this.pools.read(shard, (pool) => readSchedules(pool, [schedule]));
    if (known === undefined) throw new Error(`nothing is recorded of ${schedule}`);
    return this.recorded(shard, known.seq);
  }

  private async recorded(shard: number, seq: number): Promise<TimedEvent> {
    const { event, envelope } = decodeEvent(await this.pools.read(shard, (pool) => eventAt(pool, seq)));
    return { event, time: envelope.time };
  }
}

const firstOf = (tenant: TenantId, schedule: ScheduleId) => occurrenceIdOf(tenant, schedule, 1);
