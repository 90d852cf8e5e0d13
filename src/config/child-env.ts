/** This process's environment with changes, for a process it starts. */
export const childEnv = (
  changes: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> => ({ ...process.env, ...changes });
