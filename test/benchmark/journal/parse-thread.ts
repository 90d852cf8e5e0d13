import { parentPort } from 'node:worker_threads';

/** Parses what it is given, and nothing else: the floor under every replay. */
parentPort?.on('message', (bytes: Uint8Array) => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  let events = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    JSON.parse(line);
    events += 1;
  }
  parentPort?.postMessage(events);
});
