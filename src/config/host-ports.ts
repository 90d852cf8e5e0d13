/** `host:port`s, separated by commas; undefined where the variable holds none. Throws a RangeError that names it. */
export function hostPorts(name: string, value: string | undefined): readonly string[] | undefined {
  const items = commaList(value);
  for (const item of items ?? []) requireHostPort(name, item);
  return items;
}

export function commaList(value: string | undefined): readonly string[] | undefined {
  const items = value?.split(',').flatMap((item) => item.trim() || []);
  return items?.length ? items : undefined;
}

export function requireHostPort(name: string, value: string): void {
  if (!/^[^\s/:]+:\d{1,5}$|^\[[0-9a-f:]+\]:\d{1,5}$/i.test(value)) {
    throw new RangeError(`${name} must be host:port, but holds "${value}"`);
  }
}
