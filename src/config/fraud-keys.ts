/** The API key of each tenant for which the fraud consumer may act, from `tenant=key,tenant=key`. Never repeats a key. */
export function readFraudKeys(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): ReadonlyMap<string, string> {
  const pairs = (variables['SALDO_FRAUD_API_KEYS'] ?? '').split(',').filter((pair) => pair.trim() !== '');
  return new Map(
    pairs.map((pair, index) => {
      const [tenant = '', key = ''] = pair.split('=').map((part) => part.trim());
      if (tenant === '' || key === '') {
        throw new RangeError(
          `SALDO_FRAUD_API_KEYS must hold tenant=key, a comma between two; part ${index + 1} does not`,
        );
      }
      return [tenant, key];
    }),
  );
}
