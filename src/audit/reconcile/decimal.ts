export interface DecimalFormat {
  /** The character before the fraction. */
  readonly decimal: string;
  /** The character between groups of three digits; none if empty. */
  readonly thousands: string;
}

const SPACES = /[\u00a0\u202f\u2009 ]/g;

/**
 * A decimal as people and banks write it, as plain text: `-1234.5`. A sign may stand on either side. Undefined where it is
 * none, or where digits are grouped otherwise than the format says.
 */
export function readDecimal(text: string, { decimal, thousands }: DecimalFormat): string | undefined {
  const plain = text.replace(SPACES, ' ').trim();
  const found = /^([+-]?) ?(.*?) ?([+-]?)$/s.exec(plain);
  if (found === null) return undefined;
  const [, before = '', digits = '', after = ''] = found;
  if (before !== '' && after !== '') return undefined;
  const [whole = '', fraction, ...more] = digits.split(decimal);
  if (more.length > 0 || (fraction !== undefined && !/^\d+$/.test(fraction))) return undefined;
  const groups = thousands === '' ? [whole] : whole.split(thousands);
  const [first = '', ...rest] = groups;
  const grouped = /^\d{1,3}$/.test(first) && rest.every((group) => /^\d{3}$/.test(group));
  if (groups.length > 1 ? !grouped : !/^\d{1,38}$/.test(first)) return undefined;
  return signed(before + after === '-', groups.join(''), fraction ?? '');
}

/** `1.50` and `01.5` are one amount; there is no `-0`. */
function signed(negative: boolean, whole: string, fraction: string): string {
  const digits = whole.replace(/^0+(?=\d)/, '');
  const rest = fraction.replace(/0+$/, '');
  const text = rest === '' ? digits : `${digits}.${rest}`;
  return negative && text !== '0' ? `-${text}` : text;
}

export const negated = (decimal: string): string => {
  if (decimal === '0') return decimal;
  return decimal.startsWith('-') ? decimal.slice(1) : `-${decimal}`;
};

/** The sum of decimals, exactly. */
export function sumOf(decimals: readonly string[]): string {
  const scale = Math.max(0, ...decimals.map((text) => text.split('.')[1]?.length ?? 0));
  const units = decimals.reduce((sum, text) => {
    const [whole = '', fraction = ''] = text.split('.');
    return sum + BigInt(`${whole}${fraction.padEnd(scale, '0')}`);
  }, 0n);
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return signed(units < 0n, whole, digits.slice(digits.length - scale));
}
