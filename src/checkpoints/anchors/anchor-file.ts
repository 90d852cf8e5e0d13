import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AnchorPlace, AnchorsDivergedError, type OpenAnchors } from './anchor-place.js';

const LINE_BREAK = 0x0a;
/** How much is read of a file's end at first; more where a line is longer. */
const TAIL_BYTES = 64 * 1024;

/** The file of a shard's anchors in a folder, one a line. */
export const anchorFile = (folder: string, shard: number): string => join(folder, `shard-${shard}.jsonl`);

/**
 * Only ever appended to, so that the file may be one that nobody can shorten: half a line that a crash left is completed,
 * since the whole one is known. A line counts when its line break is there.
 */
export class AnchorFile implements AnchorPlace {
  readonly kind = 'file';

  constructor(private readonly path: string) {}

  async open(): Promise<OpenAnchors> {
    await mkdir(dirname(this.path), { recursive: true });
    const handle = await open(this.path, 'a+');
    try {
      await syncFolder(dirname(this.path));
      const { size } = await handle.stat();
      return new OpenAnchorFile(this.path, handle, size, await tailOf(handle, size));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

interface Tail {
  readonly last: string | undefined;
  /** What stands after the last line break. */
  readonly half: Buffer;
}

class OpenAnchorFile implements OpenAnchors {
  readonly last: string | undefined;
  private half: Buffer;

  constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
    private size: number,
    tail: Tail,
  ) {
    this.last = tail.last;
    this.half = tail.half;
  }

  async append(texts: readonly string[]): Promise<void> {
    const { path, handle, half } = this;
    const lines = Buffer.from(texts.map((text) => `${text}\n`).join(''));
    if (!lines.subarray(0, half.length).equals(half)) {
      throw new AnchorsDivergedError('the file ends with half a line, which is not of the next anchor');
    }
    const [there, here] = [await stat(path), await handle.stat()];
    // Moved away, deleted, or another disk lies over its folder: nobody would find what is written to it.
    if (there.ino !== here.ino || there.dev !== here.dev)
      throw new Error('another file of anchors stands where the open one was');
    if (here.size !== this.size) throw new Error('another process writes the file of anchors');
    const rest = lines.subarray(half.length);
    await handle.appendFile(rest);
    await handle.sync();
    this.half = Buffer.alloc(0);
    this.size += rest.length;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

async function tailOf(handle: FileHandle, size: number): Promise<Tail> {
  for (let length = TAIL_BYTES; ; length *= 4) {
    const start = Math.max(0, size - length);
    const bytes = Buffer.alloc(size - start);
    await handle.read(bytes, 0, bytes.length, start);
    const end = bytes.lastIndexOf(LINE_BREAK);
    const before = end < 1 ? -1 : bytes.lastIndexOf(LINE_BREAK, end - 1);
    if (start > 0 && before < 0) continue;
    const last = end < 0 ? undefined : bytes.subarray(before + 1, end).toString('utf8');
    return { last, half: bytes.subarray(end + 1) };
  }
}

/** A new file is there after a power cut only if its folder says so. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
