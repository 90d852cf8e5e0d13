/**
 * What the pump, the worker and the workflows say to each other. Workflow code imports nothing else of ours, so that
 * a recorded history replays whatever the rest of the code has become: nodes of two releases with the same workflow code go
 * on with each other's workflows, so what an answer means changes only together with that code. Everything here is plain JSON.
 */

/**
 * One task queue per cluster, so that clusters sharing a Temporal server never run each other's sagas, and version of the
 * workflow code, so that no code ever goes on with what another began (docs/adr/0018).
 */
export const sagaTaskQueue = (cluster: string, version: string): string => `${cluster}.sagas.${version}`;

export const TRANSFER_SAGA = 'transferSaga';

/** What a workflow carries: each batch by itself, at the same time. */
export interface TransferSagaInput {
  readonly batches: readonly RouteBatch[];
  /**
   * How long a step is asked for, milliseconds; if not said, five minutes. After that a workflow of one batch continues as
   * new, and one of several gives the batch back.
   */
  readonly patienceMs?: number;
}

/** Transfers of one route: the same coordinator, participants and pivot. */
export interface RouteBatch {
  readonly coordinator: number;
  /** In the order of their tries; the last is the pivot. */
  readonly participants: readonly number[];
  readonly transfers: readonly SagaTransfer[];
}

export interface SagaTransfer {
  /** `tr_…`. */
  readonly id: string;
  /** RFC 3339: undecided after this, it is canceled. NEVER: it can not be. */
  readonly deadline: string;
}

/** The deadline of what is decided when it begins. */
export const NEVER = '9999-12-31T23:59:59.999Z';

export interface TransferSagaResult {
  readonly posted: number;
  readonly canceled: number;
  /** Transfers that a step broke on: left as they are, to be taken up again. */
  readonly broken: number;
  /** The batches, by index, that were given back because a shard does not answer: theirs are not counted. */
  readonly givenBack?: readonly number[];
}

/** Why a transfer is given up; recorded with the cancel. */
export interface CancelCause {
  readonly code: 'rejected' | 'deadline' | 'operator';
  readonly shard?: number;
  /** As the ledger recorded it; the workflow only carries it. */
  readonly rejection?: unknown;
}

/** One shard's part of one step for a whole batch. */
export interface StepRequest {
  readonly shard: number;
  readonly coordinator: number;
  readonly items: readonly StepItem[];
}

export interface StepItem {
  readonly transfer: string;
  /** The event that led to this step. */
  readonly cause?: string;
  /** Only for a cancel. */
  readonly reason?: CancelCause;
}

/** What became of one transfer's step, the same each time it is asked. */
export interface StepAnswer {
  readonly transfer: string;
  /**
   * `done`: tried, pivoted, confirmed or canceled. `rejected`: the ledger refuses it (at the pivot, that is the
   * decision to cancel). `canceled`: a cancel came first. `decided`: the pivot came first, it can not be canceled.
   * `broken`: this one could not be carried out, and asking again at once would not help.
   */
  readonly result: 'done' | 'rejected' | 'canceled' | 'decided' | 'broken';
  /** The event that holds the answer, where there is one. */
  readonly event?: string;
  readonly reason?: CancelCause;
}

/** Idempotent by (transfer, shard, step): any of them may be run any number of times. */
export interface SagaActivities {
  tryStep(request: StepRequest): Promise<StepAnswer[]>;
  pivotStep(request: StepRequest): Promise<StepAnswer[]>;
  confirmStep(request: StepRequest): Promise<StepAnswer[]>;
  cancelStep(request: StepRequest): Promise<StepAnswer[]>;
}
