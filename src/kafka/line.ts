import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory, Kafka } from 'kafkajs';
import { createKafka, type KafkaOptions } from './client.js';

const KEEP_ALIVE_MS = 60_000;

/**
 * A way to Kafka that can be given up. kafkajs repeats an idempotent send for ever, and waits for a broker that says
 * nothing: cut off, every wait of whatever was made of this line's options ends within seconds, and nothing of it can
 * reach a broker any more.
 */
export class KafkaLine {
  readonly options: KafkaOptions;
  readonly kafka: Kafka;
  private readonly sockets = new Set<Socket>();
  private reason: string | undefined;
  private ended = false;

  constructor(options: KafkaOptions) {
    this.options = {
      ...options,
      socketFactory: (target) => this.open(target),
      // What kafkajs says of a connection that was ended on purpose is nobody's news.
      log: (level, message) => {
        if (!this.ended) options.log(level, message);
      },
    };
    this.kafka = createKafka(this.options);
  }

  /** Does the work; if it takes longer, the line is cut, and the work fails. */
  async within<T>(limitMs: number, what: string, work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.cut(`${what} took more than ${limitMs / 1_000} s`), limitMs);
    try {
      return await work;
    } catch (error) {
      throw this.reason === undefined ? error : new Error(this.reason, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  cut(reason: string): void {
    this.reason ??= reason;
    for (const socket of this.sockets) socket.destroy(new Error(reason));
  }

  /** Cuts it where its work is done: nothing went wrong, so nothing is logged. */
  end(): void {
    this.ended = true;
    this.cut('the session is over');
  }

  private readonly open: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    if (this.reason !== undefined) throw new Error(this.reason);
    const socket = ssl
      ? connectTls({ host, port, servername: host, ...ssl }, onConnect)
      : connect({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    return socket;
  };
}
