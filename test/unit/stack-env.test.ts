import { expect, test } from 'vitest';
import { defaultStackDir, readStackEnv } from '../../src/config/stack-env.js';
import { allExternal, externalAddresses } from '../../src/stack/external.js';
import { StackError } from '../../src/stack/stack-error.js';

const ALL = {
  SALDO_SHARD_URLS: 'postgres://a:p@h:1/saldo_shard_1, postgresql://a:p@h:2/saldo_shard_2',
  SALDO_CONTROL_URL: 'postgres://a:p@h:1/saldo_control',
  SALDO_KAFKA_BROKERS: 'one:9092,[::1]:9093',
  SALDO_TEMPORAL_ADDRESS: 'temporal:7233',
};

test('an empty environment names no server', () => {
  const env = readStackEnv({ SALDO_SHARD_URLS: ' ', SALDO_KAFKA_BROKERS: '' });
  expect(externalAddresses(env)).toEqual({});
  expect(allExternal({})).toBeUndefined();
});

test('lists are cut at commas', () => {
  const env = readStackEnv(ALL);
  expect(allExternal(externalAddresses(env))).toEqual({
    shardUrls: ['postgres://a:p@h:1/saldo_shard_1', 'postgresql://a:p@h:2/saldo_shard_2'],
    controlUrl: 'postgres://a:p@h:1/saldo_control',
    kafkaBrokers: ['one:9092', '[::1]:9093'],
    temporalAddress: 'temporal:7233',
  });
});

test.each([
  ['SALDO_SHARD_URLS', 'postgres://a:secret@h:1/one,http://a:secret@h/two'],
  ['SALDO_SHARD_URLS', 'postgres://a:secret@h:1'],
  ['SALDO_CONTROL_URL', 'secret'],
  ['SALDO_KAFKA_BROKERS', 'kafka'],
  ['SALDO_TEMPORAL_ADDRESS', 'http://temporal:7233'],
])('a malformed %s is refused by name, without its secrets', (name, value) => {
  const read = () => readStackEnv({ ...ALL, [name]: value });
  expect(read).toThrow(name);
  expect(read).not.toThrow(/secret/);
});

test('shards without a control database are refused', () => {
  const env = readStackEnv({ SALDO_SHARD_URLS: ALL.SALDO_SHARD_URLS });
  expect(() => externalAddresses(env)).toThrow(StackError);
});

test('the folder and the cache can be elsewhere', () => {
  expect(defaultStackDir({})).toBe('.saldo');
  expect(defaultStackDir({ SALDO_DIR: '/srv/saldo' })).toBe('/srv/saldo');
  expect(readStackEnv({ XDG_CACHE_HOME: '/cache' }).userCache).toBe('/cache');
  expect(readStackEnv({}).userCache).toMatch(/\.cache$/);
});
