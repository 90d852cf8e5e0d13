import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy before a real server, to lose what it answers, cut it off or hold it up. */
export class TcpProxy {
  private readonly server = createServer((client) => this.join(client));
  private readonly sockets = new Set<Socket>();
  private needle: string | undefined;
  private refusing = false;
  private hanging = false;

  private constructor(
    private host: string,
    private port: number,
  ) {}

  static async before(url: string): Promise<{ proxy: TcpProxy; url: string }> {
    const target = new URL(url);
    const proxy = new TcpProxy(target.hostname, Number(target.port));
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    target.port = String((proxy.server.address() as AddressInfo).port);
    target.hostname = '127.0.0.1';
    return { proxy, url: target.toString() };
  }

  /** The server hears the next message that holds `text` and all after it; its answers on that connection are lost. */
  loseReplyTo(text: string): void {
    this.needle = text;
  }

  /** Breaks every connection; new ones work again unless `refuse` is set. */
  cut({ refuse = false } = {}): void {
    this.needle = undefined;
    this.refusing = refuse;
    this.hanging = false;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Every connection says nothing any more, either way, and is not broken; new ones work. */
  freeze(): void {
    for (const socket of this.sockets) socket.pause();
  }

  /** As `freeze`, and new ones are as silent, until it is cut. */
  hang(): void {
    this.freeze();
    this.hanging = true;
  }

  /** Lets connections in again, to a server that may be elsewhere now. */
  lead(url: string): void {
    const { hostname, port } = new URL(url);
    this.host = hostname;
    this.port = Number(port);
    this.refusing = false;
  }

  async close(): Promise<void> {
    this.cut({ refuse: true });
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    if (this.refusing) {
      client.destroy();
      return;
    }
    if (this.hanging) {
      this.sockets.add(client.pause());
      client.on('error', () => undefined);
      return;
    }
    const server = connect(this.port, this.host);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
    let losing = false;
    client.on('data', (data) => {
      if (this.needle !== undefined && data.includes(this.needle)) losing = true;
      server.write(data);
    });
    server.on('data', (data) => {
      if (!losing) client.write(data);
    });
  }
}
