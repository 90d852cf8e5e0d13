/**
 * A query string as an object; `metadata[order]=1001` (deepObject, as OpenAPI calls it) comes in one object of that name.
 * What is given twice is an array, which no schema takes.
 */
export function parseQuery(text: string): Record<string, unknown> {
  const found: Record<string, unknown> = Object.create(null);
  const metadata: Record<string, unknown> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    const [, inner] = /^metadata\[(.*)\]$/s.exec(name) ?? [];
    if (inner === undefined) add(found, name, value);
    else add(metadata, inner, value);
  }
  if (Object.keys(metadata).length > 0) add(found, 'metadata', metadata);
  return found;
}

function add(to: Record<string, unknown>, name: string, value: unknown): void {
  to[name] = name in to ? [to[name], value].flat() : value;
}
