import { once } from 'node:events';
import { connect } from 'node:net';
import { Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { WorkflowIdConflictPolicy } from '@temporalio/common';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { sagaTaskQueue, TRANSFER_SAGA, type TransferSagaResult } from '../../workflows/contract.js';
import type { PackedActivities } from '../../workflows/packed-steps.js';
import type { StartSaga } from '../saga/pump.js';
import { ensureSearchAttributes, searchAttributesOf } from './saga-visibility.js';
import { withoutContext } from './without-context.js';
import { readWorkflowBundle } from './workflow-bundle.js';

export interface TemporalLinkOptions {
  readonly address: string;
  readonly namespace: string;
  readonly cluster: string;
  readonly logger: Logger;
  readonly activities: PackedActivities;
}

const RETRY_MS = 1_000;
/** A start that takes longer has not come through: the client would go on trying by itself, ever more slowly. */
const START_MS = 10_000;
const REACH_MS = 1_000;
const UNFINDABLE_MS = 30_000;
/**
 * Sagas that this node carries at a time. One that waits for a shard that is dead is one of them all the while (its task and its
 * step stay open), two of each route that touches it: were it few, those would be all of them, and no other saga would go on.
 */
const MOST_CARRIED = 1_000;
/** Far longer than a run takes (it continues as new): what is left of a version that nobody runs any more then ends. */
const RUN_TIMEOUT = '1h';

/**
 * A node's connection to Temporal, with its worker on the same connection so that a saga started here runs here at once
 * (eager start), and so that there is surely a worker of the version that it is started for. Temporal may be away, now or
 * later: the node goes on, and this comes back by itself.
 */
export class TemporalLink {
  private connection: NativeConnection | undefined;
  private client: Client | undefined;
  private worker: Worker | undefined;
  private running: Promise<void> | undefined;
  private stopping = false;
  /** The last start did not come through: the next one looks first whether anybody is there. */
  private missing = false;
  private unfindableUntilMs = 0;
  private readonly bundle = readWorkflowBundle();
  private readonly taskQueue: string;

  constructor(private readonly options: TemporalLinkOptions) {
    this.taskQueue = sagaTaskQueue(options.cluster, this.version);
  }

  /** Of the workflow code here: no other carries what is started here. */
  get version(): string {
    return this.bundle.version;
  }

  get connected(): boolean {
    return this.client !== undefined;
  }

  start(): void {
    this.running ??= this.keepUp();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.worker?.getState() === 'RUNNING') this.worker.shutdown();
    await this.running;
    await this.connection?.close();
  }

  /** Starts a saga, or joins the one that runs under that id; resolves when it has ended. */
  startSaga: StartSaga = async (workflowId, input, batches) => {
    const { client } = this;
    if (client === undefined) throw new Error('Temporal can not be reached');
    if (this.missing) await reach(this.options.address, REACH_MS);
    this.missing = true;
    const findable = batches !== undefined && performance.now() >= this.unfindableUntilMs;
    const started = client.workflow.start(TRANSFER_SAGA, {
      workflowId,
      ...(findable && { typedSearchAttributes: searchAttributesOf(this.options.cluster, batches) }),
      taskQueue: this.taskQueue,
      args: [input],
      requestEagerStart: this.worker !== undefined,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      workflowTaskTimeout: '5s',
      workflowRunTimeout: RUN_TIMEOUT,
    });
    const handle = await within(START_MS, started, 'Temporal does not take the start of a saga').catch(
      (error: unknown) => {
        if (findable && isInvalid(error)) return undefined;
        if (error instanceof WorkflowExecutionAlreadyStartedError)
          return client.workflow.getHandle(workflowId);
        throw error;
      },
    );
    this.missing = false;
    // Nobody's payment waits for what an operator finds it by.
    if (handle === undefined) return this.startUnfindable(workflowId, input);
    return (await handle.result()) as TransferSagaResult;
  };

  /** The server does not know the attributes (yet): for a while sagas do without, and they are registered again. */
  private startUnfindable(...[workflowId, input]: Parameters<StartSaga>): Promise<TransferSagaResult> {
    this.unfindableUntilMs = performance.now() + UNFINDABLE_MS;
    if (this.connection !== undefined) void this.registerAttributes(this.connection);
    return this.startSaga(workflowId, input);
  }

  private async registerAttributes(connection: NativeConnection): Promise<void> {
    const { logger, namespace } = this.options;
    await ensureSearchAttributes(connection, namespace).catch((error: unknown) =>
      logger.warn(
        { err: error },
        'search attributes could not be registered: sagas are found by their ids alone',
      ),
    );
  }

  private async keepUp(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.work(await this.connect());
      } catch (error) {
        this.options.logger.warn({ err: error }, 'Temporal can not be reached; trying again');
      }
      if (!this.stopping) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  private async connect(): Promise<NativeConnection> {
    if (this.connection !== undefined) return this.connection;
    const { address, namespace, logger } = this.options;
    const connection = await NativeConnection.connect({ address });
    this.connection = connection;
    await this.registerAttributes(connection);
    this.client = new Client({ connection, namespace });
    logger.info({ address, taskQueue: this.taskQueue }, 'connected to Temporal');
    return connection;
  }

  /** Runs the worker until the node stops. */
  private async work(connection: NativeConnection): Promise<void> {
    const { activities, namespace } = this.options;
    this.worker = await Worker.create({
      connection,
      namespace,
      taskQueue: this.taskQueue,
      workflowBundle: { code: this.bundle.code },
      activities: withoutContext(activities, connection),
      // A killed worker's tasks are given to another after these, not after the default of 10 s each.
      stickyQueueScheduleToStartTimeout: '1s',
      maxCachedWorkflows: MOST_CARRIED,
      maxConcurrentWorkflowTaskExecutions: MOST_CARRIED,
      maxConcurrentLocalActivityExecutions: MOST_CARRIED,
      shutdownGraceTime: '5s',
      shutdownForceTime: '10s',
    });
    const ended = this.worker.run();
    // Whoever stopped this meanwhile found no worker to shut down.
    if (this.stopping) this.worker.shutdown();
    await ended;
  }
}

const INVALID_ARGUMENT = 3;
/** Also within a ServiceError, which is how the client wraps what the server says. */
const isInvalid = (error: unknown): boolean =>
  error instanceof Error &&
  (('code' in error && error.code === INVALID_ARGUMENT) ||
    (error.cause !== undefined && isInvalid(error.cause)));

async function within<T>(timeoutMs: number, work: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects at once where nobody listens at `host:port`, which the client would keep to itself for some time. */
async function reach(address: string, timeoutMs: number): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) });
  try {
    await within(timeoutMs, once(socket, 'connect'), `nobody answers at ${address}, where Temporal was`);
  } finally {
    socket.destroy();
  }
}

let runtimeInstalled = false;

/** Before any connection; only the first call in a process does something: Saldo drains in its own order, so the runtime takes no signals. */
export function installTemporalRuntime(logger: Logger): void {
  if (runtimeInstalled) return;
  runtimeInstalled = true;
  Runtime.install({
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
    logger: {
      log: (level, message, meta) =>
        logger[level === 'ERROR' ? 'error' : level === 'WARN' ? 'warn' : 'debug'](meta ?? {}, message),
      trace: (message, meta) => logger.trace(meta ?? {}, message),
      debug: (message, meta) => logger.debug(meta ?? {}, message),
      info: (message, meta) => logger.debug(meta ?? {}, message),
      warn: (message, meta) => logger.warn(meta ?? {}, message),
      error: (message, meta) => logger.error(meta ?? {}, message),
    },
  });
}
