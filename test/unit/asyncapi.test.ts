import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../src/config/package-root.js';
import { asyncApi } from '../../src/journal/asyncapi.js';
import { journalDocuments } from '../../src/main/documents.js';
import { API_KEY, startApi } from '../support/api-harness.js';
import { publishedSchemas, typesWithSchema } from '../support/event-schemas.js';
import { asyncApiYaml } from '../support/write-asyncapi.js';

interface Document {
  readonly channels: Readonly<
    Record<string, { readonly messages: Readonly<Record<string, { readonly $ref: string }>> }>
  >;
  readonly components: {
    readonly messages: Readonly<
      Record<string, { readonly payload: { readonly schema: { readonly $ref: string } } }>
    >;
  };
}
const folder = join(packageRoot(), 'docs');
const yaml = readFileSync(join(folder, 'asyncapi.yaml'), 'utf8');
const document = parse(yaml) as Document;

/** The official JSON Schema of AsyncAPI 3.0.0 (draft 7), as its authors publish it. */
function asyncApi3(): ReturnType<Ajv['compile']> {
  const file = createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.0.0-without-$id.json');
  // The formats are hints; what matters is the form.
  const ajv = new Ajv({ strict: false, validateFormats: false });
  return ajv.compile(JSON.parse(readFileSync(file, 'utf8')) as object);
}

it('docs/asyncapi.yaml is what the published schemas make it: npm run asyncapi', () => {
  expect(yaml).toBe(asyncApiYaml());
});

it('is a valid AsyncAPI 3 document, and the one that nodes serve is', () => {
  const isAsyncApi = asyncApi3();
  for (const one of [document, journalDocuments().get('/asyncapi.json')]) {
    expect(isAsyncApi(one), JSON.stringify(isAsyncApi.errors?.slice(0, 5), null, 1)).toBe(true);
  }
  // It can say no.
  expect(isAsyncApi({ ...document, asyncapi: '2.0.0' })).toBe(false);
  expect(isAsyncApi({ ...document, operations: { stream: { action: 'push' } } })).toBe(false);
});

it('has every type of event: in Kafka all of them, over HTTP those that have a tenant', () => {
  // That these are the types the code has is test/property/event-schemas.test.ts.
  const types = typesWithSchema().sort();
  expect(types.length).toBeGreaterThan(20);
  expect(Object.keys(document.components.messages)).toEqual(types);
  expect(Object.keys(document.channels['journal']?.messages ?? {})).toEqual(types);
  const own = Object.keys(document.channels['events']?.messages ?? {});
  expect(types.filter((type) => !own.includes(type))).toEqual(expect.arrayContaining(['saldo.shard.opened']));
  expect(own).toContain('saldo.transfer.posted');
});

it('a type more in the schemas is a type more in the document', () => {
  const schemas = new Map([...publishedSchemas(), ['saldo.something.new.json', { title: 'New' }]]);
  expect(Object.keys((asyncApi(schemas, '') as Document).components.messages)).toContain(
    'saldo.something.new',
  );
});

it('each schema it refers to is there, beside the page and at the address that a node serves', async () => {
  for (const { payload } of Object.values(document.components.messages)) {
    expect(() => readFileSync(join(folder, payload.schema.$ref), 'utf8')).not.toThrow();
  }
  const api = await startApi({ documents: journalDocuments() });
  // Needs no key: it says nothing about anybody.
  const served = (await api.app.inject('/asyncapi.json')).json() as Document;
  for (const { payload } of Object.values(served.components.messages)) {
    const answer = await api.app.inject(payload.schema.$ref);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      200,
      'application/schema+json; charset=utf-8',
    ]);
    expect(answer.json()).toEqual(publishedSchemas().get(payload.schema.$ref.replace('/v1/schemas/', '')));
    // What it is made of is beside it.
    expect((await api.app.inject(join(dirname(payload.schema.$ref), 'envelope.json'))).statusCode).toBe(200);
  }
  const headers = { authorization: `Bearer ${API_KEY}` };
  for (const url of ['/v1/schemas/nothing.json', '/v1/schemas/..%2f..%2fpackage.json'])
    expect((await api.app.inject({ url, headers })).statusCode).toBe(404);
  await api.app.close();
});
