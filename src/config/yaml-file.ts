import type { ErrorObject, ValidateFunction } from 'ajv';
import { parse, YAMLParseError } from 'yaml';

/** A file of settings that says something else than it can mean; every fault has a line with its place. */
export class InvalidConfigError extends Error {
  override readonly name = 'InvalidConfigError';

  constructor(
    file: string,
    readonly faults: readonly string[],
  ) {
    super(
      `${file} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n  ${faults.join('\n  ')}`,
    );
  }
}

/** Reads YAML, of which JSON is a part. `file`: its name, for the faults. @throws InvalidConfigError */
export function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    const [first = error.message] = error.message.split('\n');
    throw new InvalidConfigError(file, [first.replace(/:$/, '')]);
  }
}

/**
 * The value, if it is what its schema says (Ajv with allErrors and verbose). `told`: what is said of a fault that has a
 * better sentence than the usual one; an empty text for none. @throws InvalidConfigError
 */
export function validated<T>(
  value: unknown,
  validate: ValidateFunction,
  file: string,
  told: (error: ErrorObject, where: string) => string | undefined = () => undefined,
): T {
  if (validate(value)) return value as T;
  const faults = (validate.errors ?? []).map((error) => {
    const where = error.instancePath === '' ? 'the file' : error.instancePath.slice(1);
    return told(error, where) ?? sentenceOf(error, where);
  });
  throw new InvalidConfigError(
    file,
    [...new Set(faults)].filter((fault) => fault !== ''),
  );
}

function sentenceOf({ keyword, message, params, data }: ErrorObject, where: string): string {
  const given = JSON.stringify(data);
  switch (keyword) {
    case 'additionalProperties':
      return `${where}: nothing is called "${params['additionalProperty']}" here`;
    case 'required':
      return `${where}: "${params['missingProperty']}" is missing`;
    case 'enum':
      return `${where}: must be one of ${params['allowedValues'].join(', ')}, not ${given}`;
    case 'pattern':
      return `${where}: ${given} is not of the form ${params['pattern']}`;
    default:
      return `${where}: ${message}, not ${given}`;
  }
}
