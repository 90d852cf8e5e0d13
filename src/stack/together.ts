import type { StartContext } from './start-context.js';

/**
 * Like Promise.all, but when one part fails the whole start is aborted and the others have ended before this rejects,
 * so that nothing is started or written behind the back of whoever cleans up.
 */
export async function together<T extends readonly unknown[]>(
  context: Pick<StartContext, 'abort' | 'signal'>,
  parts: { readonly [K in keyof T]: Promise<T[K]> },
): Promise<T> {
  const watched = parts.map(async (part) => {
    try {
      return await part;
    } catch (error) {
      context.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(watched);
  context.signal.throwIfAborted();
  return (await Promise.all(watched)) as unknown as T;
}
