import { connect } from 'node:net';

const ANSWER_MS = 2_000;

/**
 * Whether the port is that cluster's broker and the broker is registered, by a Metadata request (API key 3, version 2)
 * for no topics. The port opens some moments before that.
 */
export function brokerIsRegistered(port: number, clusterId: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: ANSWER_MS });
    let received = Buffer.alloc(0);
    const answer = (registered: boolean) => {
      socket.destroy();
      resolve(registered);
    };
    socket.once('connect', () => socket.write(metadataRequest()));
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      if (isWhole(received)) answer(namesBrokerOf(received, clusterId));
    });
    for (const event of ['timeout', 'error', 'close'] as const) socket.once(event, () => answer(false));
  });
}

function metadataRequest(): Buffer {
  const request = Buffer.alloc(18);
  request.writeInt32BE(request.length - 4, 0);
  request.writeInt16BE(3, 4);
  request.writeInt16BE(2, 6);
  request.writeInt32BE(1, 8);
  // A null client id, then an empty list of topics.
  request.writeInt16BE(-1, 12);
  request.writeInt32BE(0, 14);
  return request;
}

function isWhole(response: Buffer): boolean {
  return response.length >= 12 && response.length >= 4 + response.readInt32BE(0);
}

// After length and correlation id comes the number of brokers; the cluster's id is the only text of its kind.
function namesBrokerOf(response: Buffer, clusterId: string): boolean {
  return response.readInt32BE(8) > 0 && response.includes(clusterId);
}
