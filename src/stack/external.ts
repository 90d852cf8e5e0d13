import { readStackEnv, type StackEnv } from '../config/stack-env.js';
import type { StackAddresses } from './addresses.js';
import { StackError } from './stack-error.js';

/** The environment, with what is wrong in it as a StackError. */
export function stackEnv(): StackEnv {
  try {
    return readStackEnv();
  } catch (error) {
    if (error instanceof RangeError)
      throw new StackError(`${error.message}: correct or unset it.`, { cause: error });
    throw error;
  }
}

/** The addresses that the environment names. */
export function externalAddresses(env: StackEnv): Partial<StackAddresses> {
  if (env.shardUrls && !env.controlUrl) {
    throw new StackError(
      'SALDO_SHARD_URLS is set and SALDO_CONTROL_URL is not: set it to the control database.',
    );
  }
  return {
    ...(env.shardUrls && { shardUrls: env.shardUrls }),
    ...(env.controlUrl && { controlUrl: env.controlUrl }),
    ...(env.kafkaBrokers && { kafkaBrokers: env.kafkaBrokers }),
    ...(env.temporalAddress && { temporalAddress: env.temporalAddress }),
    ...(env.temporalUiUrl && { temporalUiUrl: env.temporalUiUrl }),
  };
}

/** The addresses if the environment names all of them, so that nothing is left to start. */
export function allExternal(external: Partial<StackAddresses>): StackAddresses | undefined {
  const { shardUrls, controlUrl, kafkaBrokers, temporalAddress, temporalUiUrl } = external;
  if (!shardUrls || !controlUrl || !kafkaBrokers || !temporalAddress) return undefined;
  const ui = temporalUiUrl === undefined ? {} : { temporalUiUrl };
  return { shardUrls, controlUrl, kafkaBrokers, temporalAddress, ...ui };
}
