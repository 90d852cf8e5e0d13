/** Throws a RangeError that names the variable, and never repeats a URL: it may hold a password. */
export function requirePostgresUrl(name: string, value: string): void {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || url.pathname.length < 2) {
    throw new RangeError(
      `${name} must hold postgres://user:password@host:port/database, a comma between two`,
    );
  }
}
