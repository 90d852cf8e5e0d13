/** A published JSON Schema, as far as the description of the journal looks into it. */
export interface EventSchema {
  readonly title?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

const FORMAT = 'application/schema+json;version=draft-2020-12';
/** What the types' schemas are made of, not messages themselves. */
const SHARED = new Set(['common.json', 'envelope.json']);

/**
 * The AsyncAPI 3 description of where events are to be had. `schemas`: the published ones by file name; `base`: where
 * they lie, seen from the document.
 */
export function asyncApi(schemas: ReadonlyMap<string, EventSchema>, base: string): object {
  const types = [...schemas].filter(([file]) => !SHARED.has(file)).sort(([a], [b]) => (a < b ? -1 : 1));
  const messages = (wanted: typeof types) =>
    Object.fromEntries(
      wanted.map(([file]) => [nameOf(file), { $ref: `#/components/messages/${nameOf(file)}` }]),
    );
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'The journal of Saldo',
      version: '1',
      description:
        'Every committed change of the ledger as a CloudEvent, each shard in its order, each event with the hash of the one before (docs/journal-format.md). Kafka has all of it, for those who run the ledger; over HTTP each tenant reads its own events.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    servers: {
      kafka: {
        host: '{broker}',
        protocol: 'kafka',
        variables: { broker: { default: '127.0.0.1:9192' } },
      },
      api: {
        host: '{node}',
        protocol: 'http',
        variables: { node: { default: '127.0.0.1:7400' } },
        security: [{ type: 'http', scheme: 'bearer' }],
      },
    },
    channels: {
      journal: {
        address: '{cluster}.journal',
        title: 'One partition a shard, values only, in transactions: read committed',
        servers: [{ $ref: '#/servers/kafka' }],
        parameters: { cluster: { default: 'saldo', description: 'The name of the cluster.' } },
        messages: messages(types),
        bindings: {
          kafka: {
            topicConfiguration: {
              'cleanup.policy': ['delete'],
              'retention.ms': -1,
              'retention.bytes': -1,
              'max.message.bytes': 4_194_304,
            },
            bindingVersion: '0.5.0',
          },
        },
      },
      events: {
        address: '/v1/events/stream',
        title: "A tenant's own events as server-sent events; also in pages at /v1/events",
        servers: [{ $ref: '#/servers/api' }],
        messages: messages(types.filter(([, { properties }]) => properties?.['tenant'] !== false)),
      },
    },
    operations: {
      publish: {
        action: 'send',
        channel: { $ref: '#/channels/journal' },
        summary: 'The relay of each shard, exactly once and in order',
      },
      stream: {
        action: 'send',
        channel: { $ref: '#/channels/events' },
        summary: 'Each node, to whoever has a key of the tenant',
      },
    },
    components: {
      messages: Object.fromEntries(
        types.map(([file, { title }]) => [
          nameOf(file),
          {
            name: nameOf(file),
            ...(title === undefined ? {} : { title }),
            payload: { schemaFormat: FORMAT, schema: { $ref: `${base}${file}` } },
          },
        ]),
      ),
    },
  };
}

const nameOf = (file: string): string => file.replace(/\.json$/, '');
