import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** How many times as many runs as in CI; absent in CI. */
    runsTimes?: number;
  }
}
