/** How a node signs checkpoints, as the environment has it. */
export interface CheckpointConfig {
  /** PKCS#8 PEM of an Ed25519 key, or the file that holds it; if there is neither, the stack's own. */
  readonly signingKey: string | undefined;
  readonly signingKeyFile: string | undefined;
  /** A checkpoint is made when so many events wait for one, or when some wait and the last is so long ago. */
  readonly maxEvents: number;
  readonly everyMs: number;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Most events in a checkpoint, as the journal's format has it. */
const MOST_EVENTS = 10_000;

/** Throws a RangeError that names the variable when one is malformed. */
export function readCheckpointConfig(variables: Variables = process.env): CheckpointConfig {
  const text = (name: string): string | undefined => variables[name]?.trim() || undefined;
  const maxEvents = Number(text('SALDO_CHECKPOINT_EVENTS') ?? MOST_EVENTS);
  if (!Number.isInteger(maxEvents) || maxEvents < 1 || maxEvents > MOST_EVENTS) {
    throw new RangeError(`SALDO_CHECKPOINT_EVENTS must be a whole number from 1 to ${MOST_EVENTS}`);
  }
  const seconds = Number(text('SALDO_CHECKPOINT_SECONDS') ?? 10);
  if (!Number.isFinite(seconds) || seconds <= 0) {
    throw new RangeError('SALDO_CHECKPOINT_SECONDS must be a number of seconds above 0');
  }
  const [signingKey, signingKeyFile] = [text('SALDO_SIGNING_KEY'), text('SALDO_SIGNING_KEY_FILE')];
  if (signingKey !== undefined && signingKeyFile !== undefined) {
    throw new RangeError('SALDO_SIGNING_KEY and SALDO_SIGNING_KEY_FILE are both set: one of them');
  }
  return { signingKey, signingKeyFile, maxEvents, everyMs: seconds * 1_000 };
}
