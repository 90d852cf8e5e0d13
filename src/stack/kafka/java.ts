import { join } from 'node:path';
import { lastLines, run } from '../run.js';
import { StackError } from '../stack-error.js';
import type { StartContext } from '../start-context.js';

const OLDEST = 17;
const CURE = `install a JDK or JRE ${OLDEST} or newer (Debian, Ubuntu: apt install default-jre-headless) and have it on PATH or in JAVA_HOME, or set SALDO_KAFKA_BROKERS to a broker that runs already`;

/** The `java` to use. Throws a StackError when there is none or it is too old. */
export async function findJava(context: StartContext): Promise<string> {
  const { javaHome } = context.env;
  const java = javaHome === undefined ? 'java' : join(javaHome, 'bin/java');
  const result = await run(context, java, ['-version']);
  if (result.kind === 'missing') throw new StackError(`Kafka needs Java, and ${java} is not there: ${CURE}.`);
  const major = javaMajor(result.output);
  if (result.exitCode !== 0 || major === undefined) {
    throw new StackError(
      `\`${java} -version\` does not tell a version: ${CURE}. It says:\n${lastLines(result.output, 4)}`,
    );
  }
  if (major < OLDEST)
    throw new StackError(`Kafka needs Java ${OLDEST}, and ${java} is version ${major}: ${CURE}.`);
  return java;
}

/** 17 of `openjdk version "17.0.15" …`, 8 of `java version "1.8.0_392"`. */
export function javaMajor(output: string): number | undefined {
  const found = /version "(?:1\.)?(\d+)/.exec(output)?.[1];
  return found === undefined ? undefined : Number(found);
}
