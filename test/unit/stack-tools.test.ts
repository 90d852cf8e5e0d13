import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findJava, javaMajor } from '../../src/stack/kafka/java.js';
import { kafkaLibraries } from '../../src/stack/kafka/libraries.js';
import { StackError } from '../../src/stack/stack-error.js';
import { isNewEnough, temporalBinary } from '../../src/stack/temporal/binary.js';
import { type TestStart, testStart } from '../support/stack-context.js';

let start: TestStart;

// The programs a start calls are replaced by scripts: PATH holds nothing else.
beforeEach(() => {
  start = testStart();
  mkdirSync(join(start.folder, 'bin'));
  vi.stubEnv('PATH', join(start.folder, 'bin'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await start.close();
});

function program(name: string, script: string): void {
  const file = join(start.folder, 'bin', name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

async function sentenceOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((reason: unknown) => reason);
  if (!(error instanceof StackError)) throw new Error('not a StackError', { cause: error });
  return error.message;
}

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_392"', 8],
  ['openjdk version "25" 2025-09-16', 25],
  ['The operation could not be completed', undefined],
])('%s', (output, major) => expect(javaMajor(output)).toBe(major));

test.each([
  ['temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)', true],
  ['temporal version 1.5.0 (Server 1.29.0, UI 2.42.1)', true],
  ['temporal version 2.0.0', true],
  ['temporal version 1.4.9 (Server 1.28.0)', false],
  ['tctl version 1.18', false],
])('%s', (line, enough) => expect(isNewEnough(line)).toBe(enough));

test('no Java', async () => {
  expect(await sentenceOf(findJava(start.context))).toMatch(/java is not there: install a JDK or JRE 17/);
});

test('a Java too old', async () => {
  program('java', 'echo \'openjdk version "11.0.2"\' >&2');
  expect(await sentenceOf(findJava(start.context))).toMatch(/needs Java 17, and java is version 11: install/);
});

test('a JAVA_HOME without Java', async () => {
  const context = { ...start.context, env: { ...start.context.env, javaHome: '/nonexistent' } };
  expect(await sentenceOf(findJava(context))).toMatch(/\/nonexistent\/bin\/java is not there/);
});

test('no Maven', async () => {
  expect(await sentenceOf(kafkaLibraries(start.context))).toMatch(
    /`mvn` is not on PATH: install it .*or set KAFKA_HOME/,
  );
});

test('Maven without its repository', async () => {
  program('mvn', 'echo "[ERROR] Could not transfer artifact"; exit 1');
  expect(await sentenceOf(kafkaLibraries(start.context))).toMatch(
    /see that its repository can be reached[\s\S]*Could not transfer/,
  );
});

test('Maven with a full disk', async () => {
  program('mvn', 'echo "[ERROR] No space left on device"; exit 1');
  expect(await sentenceOf(kafkaLibraries(start.context))).toMatch(/disk full.*free some space/);
});

test('a download of Kafka that lacks a jar', async () => {
  program('mvn', 'exit 0');
  expect(await sentenceOf(kafkaLibraries(start.context))).toMatch(
    /is not the expected one .*is missing.*start again/,
  );
});

test('a KAFKA_HOME without Kafka', async () => {
  const context = { ...start.context, env: { ...start.context.env, kafkaHome: start.folder } };
  expect(await sentenceOf(kafkaLibraries(context))).toMatch(
    /no Kafka 4 in its libs folder: correct or unset it/,
  );
});

test('a KAFKA_HOME is used as it is', async () => {
  mkdirSync(join(start.folder, 'libs'));
  writeFileSync(join(start.folder, 'libs', 'kafka_2.13-4.1.0.jar'), '');
  const context = { ...start.context, env: { ...start.context.env, kafkaHome: start.folder } };
  expect(await kafkaLibraries(context)).toBe(join(start.folder, 'libs'));
});

test('a temporal on PATH that is new enough is used', async () => {
  program('temporal', 'echo "temporal version 1.6.2 (Server 1.30.0, UI 2.45.0)"');
  expect(await temporalBinary(start.context)).toBe('temporal');
});

test('no Python', async () => {
  expect(await sentenceOf(temporalBinary(start.context))).toMatch(
    /`python3 -m pip` is not there: install it .*or put/,
  );
});

test('a Python without pip, beside a temporal too old', async () => {
  program('temporal', 'echo "temporal version 1.3.0 (Server 1.27.0, UI 2.36.0)"');
  program('python3', 'echo "/usr/bin/python3: No module named pip" >&2; exit 1');
  expect(await sentenceOf(temporalBinary(start.context))).toMatch(/`python3 -m pip` is not there/);
});

test('pip without its index', async () => {
  program('python3', 'echo "ERROR: No matching distribution found" >&2; exit 1');
  expect(await sentenceOf(temporalBinary(start.context))).toMatch(
    /see that its index can be reached[\s\S]*No matching/,
  );
});

test('a download of Temporal that is another program', async () => {
  program(
    'python3',
    'for arg; do case $arg in --target=*) target=$(echo $arg | /bin/sed s/--target=//);; esac; done\n/bin/mkdir -p "$target/bin"; echo other > "$target/bin/temporal"',
  );
  expect(await sentenceOf(temporalBinary(start.context))).toMatch(
    /not the expected one \(sha256 [0-9a-f]{64} instead of/,
  );
});
