import { problem } from '../problem.js';

const MAX_METADATA_BYTES = 16 * 1024;
const REFERENCE = /^(?=.{1,255}$)[A-Za-z0-9_.@-]+(:[A-Za-z0-9_.@-]+)*$/;

export type Metadata = Readonly<Record<string, string>>;

export const isReference = (text: string): boolean => REFERENCE.test(text);

/** @throws ProblemError naming `field` */
export function referenceIn(text: string, field: string): string {
  if (!isReference(text)) throw problem('reference_malformed', { field });
  return text;
}

/** @throws ProblemError naming `field` */
export function metadataIn(metadata: Metadata, field: string): Metadata {
  for (const [name, value] of Object.entries(metadata)) textIn(name + value, `${field}/${name}`);
  if (Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES) {
    throw problem('metadata_too_large', { field });
  }
  return metadata;
}

/** What Postgres and other readers can not hold is refused at the door. */
export function textIn(text: string, field: string): string {
  if (text.includes('\u0000') || !text.isWellFormed()) {
    throw problem('invalid_request', {
      field,
      detail: 'Text may hold neither U+0000 nor half a surrogate pair.',
    });
  }
  return text;
}
