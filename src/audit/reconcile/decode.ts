import { TextDecoder } from 'node:util';
import { StatementError } from './statement.js';

/** A file's bytes as text. @throws StatementError where there is no such encoding, or the bytes are not of it */
export function decode(bytes: Uint8Array, encoding: string): string {
  const decoder = decoderOf(encoding);
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new StatementError('the file', `it has bytes that are not ${encoding}: say its encoding`);
  }
}

function decoderOf(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new StatementError('the file', `no encoding is called "${encoding}"`);
  }
}
