import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../src/config/package-root.js';
import { KAFKA_VERSION } from '../../src/stack/kafka/pom.js';
import { kafkaProperties } from '../../src/stack/kafka/settings.js';
import { postgresSettings } from '../../src/stack/postgres/settings.js';
import { temporalArguments } from '../../src/stack/temporal/arguments.js';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: object;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, object>>;
}

const root = packageRoot();
const read = (name: string) => readFileSync(join(root, name), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};

function service(name: string): Service {
  const found = compose.services[name];
  if (!found) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

// The format asserts nothing of its own: it is a hint for editors.
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
const isCompose = ajv.compile(JSON.parse(read('test/support/compose-spec.json')));

test('docker-compose.yml follows the compose specification', () => {
  isCompose(compose);
  expect(isCompose.errors ?? []).toEqual([]);
});

test('the schema would notice a mistake', () => {
  expect(isCompose({ services: { kafka: { image: 'kafka', healthchek: {} } } })).toBe(false);
});

test('the set is that of the stack, each with a health check and a pinned image', () => {
  const names = Object.keys(compose.services);
  expect(names).toEqual(['postgres-0', 'postgres-1', 'kafka', 'temporal', 'node-1', 'node-2']);
  for (const name of names) {
    expect(service(name).healthcheck).toBeDefined();
    expect(service(name).image).toMatch(/:\d+\.\d+/);
  }
  expect(service('kafka').image).toBe(`apache/kafka:${KAFKA_VERSION}`);
});

test('every server keeps its data in a volume of its own', () => {
  const used = ['postgres-0', 'postgres-1', 'kafka', 'temporal'].map(
    (name) => service(name).volumes?.[0]?.split(':')[0],
  );
  expect(used).toEqual(Object.keys(compose.volumes));
});

test('ports are open to this machine only', () => {
  const ports = Object.values(compose.services).flatMap((each) => each.ports ?? []);
  expect(ports.length).toBeGreaterThan(0);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  expect(new Set(ports.map((port) => port.split(':')[1])).size).toBe(ports.length);
});

test("Postgres has the stack's settings", () => {
  const lines = postgresSettings(8 * 2 ** 30)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const expected = Object.fromEntries(lines.map((line) => line.replaceAll("'", '').split(' = ')));
  for (const name of ['postgres-0', 'postgres-1']) {
    const flags = service(name).command?.slice(1) ?? [];
    const given = Object.fromEntries(flags.map((flag) => flag.replace(/^-c/, '').split('=')));
    // Within a container, its own network decides who can connect.
    expect({ ...given, listen_addresses: '127.0.0.1', unix_socket_directories: '' }).toEqual(expected);
  }
});

test("Kafka has the stack's settings", () => {
  const lines = kafkaProperties([{ broker: 9192, controller: 9093 }])
    .split('\n')
    .filter((line) => /^[a-z]/.test(line));
  const expected = lines.map((line) => line.split('=') as [string, string]);
  const given = service('kafka').environment ?? {};
  const toVariable = (property: string) => `KAFKA_${property.toUpperCase().replaceAll('.', '_')}`;
  // Containers and this machine reach the broker by different names, so there is one listener more.
  const own = ['listeners', 'advertised.listeners', 'listener.security.protocol.map', 'log.dirs'];
  for (const [property, value] of expected) {
    if (own.includes(property)) expect(given).toHaveProperty(toVariable(property));
    else expect([property, given[toVariable(property)]]).toEqual([property, value]);
  }
  const names = expected.map(([property]) => toVariable(property));
  expect(
    Object.keys(given)
      .filter((name) => name !== 'KAFKA_HEAP_OPTS')
      .sort(),
  ).toEqual(names.sort());
});

test("Temporal has the stack's arguments", () => {
  const listen = { database: '/data/temporal.db', ip: '0.0.0.0', port: 7233, uiPort: 8233 };
  expect(service('temporal').command).toEqual(temporalArguments(listen));
});

test('a node is told every server, by variables that are read', () => {
  const { environment = {}, depends_on = {} } = service('node-1');
  expect(environment['SALDO_SHARD_URLS']?.split(',')).toHaveLength(2);
  expect(Object.keys(depends_on)).toEqual(['postgres-0', 'postgres-1', 'kafka', 'temporal']);
  const config = readdirSync(join(root, 'src/config')).map((name) => read(`src/config/${name}`));
  for (const name of Object.keys(environment)) expect(config.join()).toContain(`'${name}'`);
});

test('the command of the nodes is one that the CLI has, with its options', () => {
  const command = service('node-1').command ?? [];
  expect(service('node-2').command).toEqual(command);
  expect(read('Dockerfile')).toContain(`CMD ${JSON.stringify(command).replaceAll(',', ', ')}`);
  expect(command.slice(0, 2)).toEqual(['node', 'bin/saldo.js']);
  const [name = '', ...rest] = command.slice(2);
  const script = `import { runCli } from './src/cli/cli.ts'; await runCli(['node', 'saldo', ${JSON.stringify(name)}, '--help']);`;
  const help = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(help).toContain(`Usage: saldo ${name}`);
  for (const option of rest.filter((word) => word.startsWith('--'))) expect(help).toContain(option);
});

test('what the Dockerfile copies is in the repository and passes .dockerignore', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
    (match[1] ?? '').split(' '),
  );
  const allowed = read('.dockerignore')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  expect([...new Set(copied)].sort()).toEqual(allowed.sort());
  const tracked = [
    'bin',
    'examples/fraud-rules.yaml',
    'migrations',
    'package-lock.json',
    'package.json',
    'schemas',
    'src',
    'tsconfig.build.json',
    'tsconfig.json',
    'workflows',
  ];
  expect(allowed).toEqual(tracked);
});
