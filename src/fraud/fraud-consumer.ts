import {
  type ConsumerFault,
  JournalConsumer,
  type JournalEvent,
  type Position,
  readJournal,
  type ShardStatus,
  toKafka,
} from '../consumer/index.js';
import { createKafka } from '../kafka/client.js';
import { ensureTopics } from '../kafka/ensure-topic.js';
import { type Alert, alertsTopic, alertText } from './alert.js';
import type { FraudConfig } from './config/fraud-config.js';
import type { DecisionOutcome, LedgerClient } from './ledger-client.js';
import type { ReviewDecision } from './review-decision.js';
import { ShardFraud } from './shard-fraud.js';

export interface FraudConsumerOptions {
  readonly brokers: readonly string[];
  readonly cluster: string;
  readonly config: FraudConfig;
  /** Without one alerts are told and nothing is done. */
  readonly ledger?: LedgerClient;
  readonly onFault: (fault: ConsumerFault) => void;
  readonly onAlert?: (alert: Alert) => void;
  /** A transfer in review that the rules decide; `outcome` absent: nobody may act for its tenant here. */
  readonly onDecision?: (decision: ReviewDecision, outcome: DecisionOutcome | undefined) => void;
  /** A shard is taken up, its state made anew from so many events. */
  readonly onRebuilt?: (shard: number, events: number) => void;
  readonly log?: (level: 'warn' | 'error', message: string) => void;
}

const PARTITIONS = 4;

/**
 * Watches the journal by the rules of a config. Its only state is what ShardFraud folds from the journal: made anew whenever a
 * shard is taken up, so that a restart, another instance or a report comes to the same. Alerts are published in the
 * transaction that moves the position; what the rules ask of the ledger is done before, under a key made of its cause.
 */
export class FraudConsumer {
  private readonly states = new Map<number, ShardFraud>();
  private readonly consumer: JournalConsumer;

  constructor(private readonly options: FraudConsumerOptions) {
    const { brokers, cluster, onFault, log } = options;
    this.consumer = new JournalConsumer({
      brokers,
      cluster,
      group: 'fraud',
      processing: toKafka({ handle: (event) => this.handle(event) }),
      prepare: (shard, position) => this.rebuild(shard, position),
      // Whoever stops at an alert's request to the ledger has not failed at the event.
      isPassing: (error) => error instanceof Error && error.name === 'StoppedWaitingError',
      onFault,
      ...(log === undefined ? {} : { log }),
    });
  }

  async start(): Promise<void> {
    const { brokers, cluster, log = () => undefined } = this.options;
    const kafka = createKafka({ brokers, clientId: `${cluster}.fraud`, log });
    await ensureTopics(kafka, [{ topic: alertsTopic(cluster), partitions: PARTITIONS, config: {} }]);
    await this.consumer.start();
  }

  /** What waits for the ledger's answer must be told to stop first (the client's signal). */
  async stop(): Promise<void> {
    await this.consumer.stop();
  }

  status(): ShardStatus[] {
    return this.consumer.status();
  }

  private async rebuild(shard: number, position: Position | undefined): Promise<void> {
    const { brokers, cluster, config, onRebuilt } = this.options;
    const state = new ShardFraud(config);
    for await (const event of readJournal({ brokers, cluster, shard, upTo: position?.seq ?? 0 }))
      state.take(event);
    this.states.set(shard, state);
    onRebuilt?.(shard, state.seq);
  }

  private async handle(event: JournalEvent): Promise<{ topic: string; key: string; value: string }[]> {
    const { cluster, ledger, onAlert, onDecision } = this.options;
    const state = this.states.get(event.shard);
    if (state === undefined) throw new Error(`shard ${event.shard} was not prepared`);
    const { alerts, decision } = state.take(event);
    for (const alert of alerts) {
      if (alert.action === 'review_debits' && ledger?.canActFor(alert.tenant))
        await ledger.reviewDebits(alert);
      onAlert?.(alert);
    }
    if (decision !== undefined) {
      const mayAct = ledger?.canActFor(decision.tenant) === true;
      const outcome = mayAct ? await ledger.decideReview(decision) : undefined;
      onDecision?.(decision, outcome);
    }
    const topic = alertsTopic(cluster);
    return alerts.map((alert) => ({ topic, key: alert.account, value: alertText(cluster, alert) }));
  }
}
