import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** How many times as many runs as in CI; absent in CI. */
    runsTimes?: number;
    /** How often consumers are killed; absent in CI, where it is a few times. */
    consumerKills?: number;
  }
}
