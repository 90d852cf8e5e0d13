import type {
  CancelCause,
  RouteBatch,
  SagaActivities,
  SagaTransfer,
  StepAnswer,
  StepItem,
  TransferSagaResult,
} from './contract.js';
import { NEVER } from './contract.js';

/** What is to become of a transfer, with the event or the reason that says so. */
interface Decided {
  readonly id: string;
  readonly cause?: string;
}
interface GivenUp {
  readonly id: string;
  readonly reason: CancelCause;
}

/** What the protocol needs of the world around it: Temporal's, or a test's. */
export interface SagaWorld {
  readonly ledger: SagaActivities;
  /** Milliseconds since the epoch. */
  now(): number;
}

/**
 * Brings transfers that their coordinator has tried to their end: try on the other participants, try and confirm on
 * the pivot, confirm everywhere; or cancel, at the pivot first (docs/sagas.md). One activity a shard and step for the
 * whole batch; each transfer passes or fails alone. Holds no money logic.
 */
export class SagaProtocol {
  private readonly pivot: number;
  private readonly between: readonly number[];
  private readonly confirmed: Decided[] = [];
  /** Tried and refused: the pivot has not spoken yet. */
  private readonly undecided: GivenUp[] = [];
  /** The pivot's shard has recorded a rejection or a tombstone. */
  private readonly canceled: GivenUp[] = [];
  /** Decided when they began: nobody can give them up. */
  private readonly settled: ReadonlySet<string>;
  /** Left as they are; the pump finds them again. */
  private readonly broken = new Set<string>();

  /** @throws RangeError if the route has no participant besides its coordinator */
  constructor(
    private readonly batch: RouteBatch,
    private readonly world: SagaWorld,
  ) {
    const pivot = batch.participants.at(-1);
    if (pivot === undefined) throw new RangeError('a saga needs a participant besides its coordinator');
    this.pivot = pivot;
    this.settled = new Set(batch.transfers.filter(({ deadline }) => deadline === NEVER).map(({ id }) => id));
    this.between = batch.participants.slice(0, -1);
  }

  async run(): Promise<TransferSagaResult> {
    let live = this.batch.transfers;
    for (const shard of this.between) live = await this.try(shard, live);
    await this.decide(live);
    await this.cancelAtPivot();
    await this.confirm();
    await this.cancel();
    const sound = (all: readonly { readonly id: string }[]): number =>
      all.filter(({ id }) => !this.broken.has(id)).length;
    return { posted: sound(this.confirmed), canceled: sound(this.canceled), broken: this.broken.size };
  }

  /** Sets the legs of one shard aside; returns the transfers that go on. */
  private async try(shard: number, transfers: readonly SagaTransfer[]): Promise<SagaTransfer[]> {
    const { inTime, late } = this.byDeadline(transfers);
    for (const { id } of late) this.undecided.push({ id, reason: { code: 'deadline' } });
    const refused = new Map<string, CancelCause>();
    for (const { transfer, result, reason } of await this.ask('tryStep', shard, itemsOf(inTime))) {
      if (result !== 'done') refused.set(transfer, reason ?? { code: 'rejected', shard });
    }
    for (const [id, reason] of refused) this.undecided.push({ id, reason });
    return inTime.filter(({ id }) => !refused.has(id) && !this.broken.has(id));
  }

  /** The pivot's commit is the decision: forward if it is done, cancel if it is a rejection or a tombstone. */
  private async decide(transfers: readonly SagaTransfer[]): Promise<void> {
    const { inTime, late } = this.byDeadline(transfers);
    for (const { id } of late) this.undecided.push({ id, reason: { code: 'deadline' } });
    for (const answer of await this.ask('pivotStep', this.pivot, itemsOf(inTime))) {
      const { transfer: id, result, event, reason = { code: 'rejected', shard: this.pivot } } = answer;
      if (result === 'done') this.confirmed.push(decided(answer));
      else if (result === 'rejected' && event !== undefined) this.canceled.push({ id, reason });
      else if (this.settled.has(id)) this.broken.add(id);
      // A tombstone, whose reason stands there, or a refusal that was not recorded and so decides nothing yet.
      else this.undecided.push({ id, reason });
    }
  }

  /** Nobody else is touched before the pivot's tombstone is there; where the pivot came first, the saga goes on. */
  private async cancelAtPivot(): Promise<void> {
    const reasons = new Map(this.undecided.map(({ id, reason }) => [id, reason]));
    for (const answer of await this.ask('cancelStep', this.pivot, cancelItems(this.undecided))) {
      const reason = answer.reason ?? reasons.get(answer.transfer) ?? { code: 'operator' };
      if (answer.result === 'decided') this.confirmed.push(decided(answer));
      else this.canceled.push({ id: answer.transfer, reason });
    }
  }

  private async confirm(): Promise<void> {
    const items = this.confirmed.map(({ id, cause }) =>
      cause === undefined ? { transfer: id } : { transfer: id, cause },
    );
    // The coordinator comes last, so that its status speaks for all.
    for (const shard of [...this.between, this.batch.coordinator]) {
      this.setApart('confirmStep', await this.ask('confirmStep', shard, items));
    }
  }

  private async cancel(): Promise<void> {
    for (const shard of [...this.between, this.batch.coordinator]) {
      this.setApart('cancelStep', await this.ask('cancelStep', shard, cancelItems(this.canceled)));
    }
  }

  private async ask(
    step: keyof SagaActivities,
    shard: number,
    items: readonly StepItem[],
  ): Promise<StepAnswer[]> {
    const sound = items.filter(({ transfer }) => !this.broken.has(transfer));
    if (sound.length === 0) return [];
    const answers = await this.world.ledger[step]({
      shard,
      coordinator: this.batch.coordinator,
      items: sound,
    });
    for (const { transfer, result } of answers) if (result === 'broken') this.broken.add(transfer);
    return answers.filter(({ result }) => result !== 'broken');
  }

  /** What confirm and cancel need was set aside by the try: a refusal is for an operator, and holds up no other. */
  private setApart(step: string, answers: readonly StepAnswer[]): void {
    const nothingToCancel = (answer: StepAnswer): boolean =>
      step === 'cancelStep' && answer.result === 'rejected' && answer.event !== undefined;
    for (const answer of answers) {
      if (answer.result !== 'done' && !nothingToCancel(answer)) this.broken.add(answer.transfer);
    }
  }

  private byDeadline(transfers: readonly SagaTransfer[]) {
    const now = this.world.now();
    const isLate = ({ deadline }: SagaTransfer): boolean => Date.parse(deadline) <= now;
    return { inTime: transfers.filter((t) => !isLate(t)), late: transfers.filter(isLate) };
  }
}

const itemsOf = (transfers: readonly SagaTransfer[]): StepItem[] =>
  transfers.map(({ id }) => ({ transfer: id }));
const cancelItems = (givenUp: readonly GivenUp[]): StepItem[] =>
  givenUp.map(({ id, reason }) => ({ transfer: id, reason }));
const decided = ({ transfer, event }: StepAnswer): Decided =>
  event === undefined ? { id: transfer } : { id: transfer, cause: event };
