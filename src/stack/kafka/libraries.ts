import { existsSync, readdirSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache.js';
import { sha256OfFile } from '../manifest.js';
import { lastLines, run } from '../run.js';
import { StackError } from '../stack-error.js';
import type { StartContext } from '../start-context.js';
import { kafkaJars } from './jars.js';
import { COPY_GOAL, KAFKA_VERSION, kafkaPom } from './pom.js';

const OTHER_WAY =
  'set KAFKA_HOME to an unpacked Kafka 4, or SALDO_KAFKA_BROKERS to a broker that runs already';

/** The folder with the broker's jars. */
export async function kafkaLibraries(context: StartContext): Promise<string> {
  const { kafkaHome } = context.env;
  if (kafkaHome !== undefined) return distributionLibraries(kafkaHome);
  return cached(context, {
    name: `kafka-${KAFKA_VERSION}`,
    label: `Kafka ${KAFKA_VERSION}`,
    fetch: (folder) => download(context, folder),
  });
}

function distributionLibraries(kafkaHome: string): string {
  const libraries = join(kafkaHome, 'libs');
  const names = existsSync(libraries) ? readdirSync(libraries) : [];
  if (!names.some((name) => /^kafka_2\.13-([4-9]|\d{2,})\..*\.jar$/.test(name))) {
    throw new StackError(
      `KAFKA_HOME is ${kafkaHome}, which has no Kafka 4 in its libs folder: correct or unset it.`,
    );
  }
  return libraries;
}

async function download(context: StartContext, folder: string): Promise<void> {
  context.onProgress(`Kafka ${KAFKA_VERSION}: downloading with Maven (44 MB)`);
  const pom = join(folder, 'pom.xml');
  await writeFile(pom, kafkaPom);
  const args = [
    '-B',
    '-q',
    '-C',
    '-Dstyle.color=never',
    '-f',
    pom,
    COPY_GOAL,
    `-DoutputDirectory=${folder}`,
    '-DincludeScope=runtime',
  ];
  const result = await run(context, 'mvn', args, { cwd: folder });
  if (result.kind === 'missing') {
    throw new StackError(
      `Kafka is downloaded by Maven, and \`mvn\` is not on PATH: install it (Debian, Ubuntu: apt install maven), or ${OTHER_WAY}.`,
    );
  }
  if (result.exitCode !== 0) throw mavenFailure(result.output);
  await rm(pom);
  await verifyJars(folder);
}

function mavenFailure(output: string): StackError {
  if (/no space left on device|disk quota exceeded/i.test(output)) {
    return new StackError(
      'Maven found the disk full while downloading Kafka: free some space, then start again.',
    );
  }
  return new StackError(
    `Maven could not download Kafka: see that its repository can be reached, then start again; or ${OTHER_WAY}. Its output:\n${lastLines(output, 6)}`,
  );
}

async function verifyJars(folder: string): Promise<void> {
  const found = await readdir(folder);
  for (const [name, sha256] of Object.entries(kafkaJars)) {
    const actual = found.includes(name) ? await sha256OfFile(join(folder, name)) : 'missing';
    if (actual !== sha256) {
      throw new StackError(
        `The download of Kafka is not the expected one (${name} is ${actual === 'missing' ? actual : 'another file'}): delete it from Maven's local repository (~/.m2/repository) and start again; or ${OTHER_WAY}.`,
      );
    }
  }
  const unexpected = found.find((name) => !(name in kafkaJars));
  if (unexpected)
    throw new StackError(
      `The download of Kafka has a file more than expected (${unexpected}): start again, or ${OTHER_WAY}.`,
    );
}
