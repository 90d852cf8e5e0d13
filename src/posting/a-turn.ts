/** Resolves after the event loop has looked at what came in meanwhile. */
export const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
