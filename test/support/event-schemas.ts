import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { publishedSchemas } from '../../src/main/documents.js';

export { publishedSchemas };

const SHARED = new Set(['common.json', 'envelope.json']);

/** Types that have a schema, with the `saldo.` before each. */
export const typesWithSchema = (): string[] =>
  [...publishedSchemas().keys()].filter((file) => !SHARED.has(file)).map((file) => file.slice(0, -5));

export class EventSchemas {
  private readonly ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });

  constructor() {
    for (const schema of publishedSchemas().values()) this.ajv.addSchema(schema);
  }

  /** What is wrong with an event's text by the schema of its type; empty if nothing. */
  faultsOf(text: string): string[] {
    const event = JSON.parse(text) as unknown;
    const { type } = event as { readonly type: string };
    const validate: ValidateFunction<unknown> | undefined = this.ajv.getSchema(`${type}.json`);
    if (validate === undefined) return [`schemas/v1 has no ${type}.json`];
    if (validate(event)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${type}${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }
}
