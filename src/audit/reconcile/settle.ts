import { formatMoney, parseMoney } from '../../domain/money.js';
import { type Statement, StatementError, type StatementLine } from './statement.js';

/** Which way round the statement is: `same`, its credit is the account's credit; `mirror`, its credit is the account's debit. */
export type Perspective = 'same' | 'mirror';

/** A statement in minor units and the ledger's sign. */
export interface Settled {
  readonly amounts: readonly bigint[];
  readonly opening?: bigint;
  readonly closing?: bigint;
  readonly contradictions: readonly string[];
}

/** @throws StatementError where an amount does not fit the asset */
export function settle(statement: Statement, scale: number, perspective: Perspective): Settled {
  const { lines, format } = statement;
  const sign = perspective === 'same' ? 1n : -1n;
  const minor = (text: string, at: string): bigint => {
    const found = parseMoney(text, scale);
    if (typeof found === 'bigint') return sign * found;
    const why = found === 'too_precise' ? `has more than ${scale} decimal places` : `is ${found}`;
    throw new StatementError(at, `${text} ${why}`);
  };
  const balanceOf = (text: string | undefined, what: string): bigint | undefined =>
    text === undefined ? undefined : minor(text, `the ${what} balance`);
  const amounts = lines.map(({ amount, at }) => minor(amount, at));
  const balances = lines.map(({ balance, at }) => (balance === undefined ? undefined : minor(balance, at)));
  const running = format === 'csv' ? follow(lines, amounts, balances) : { breaks: [] };
  const opening = balanceOf(statement.opening, 'opening') ?? running.opening;
  const closing = balanceOf(statement.closing, 'closing') ?? running.closing;
  const told = (units: bigint): string => formatMoney(sign * units, scale);
  const contradictions = [
    ...statement.contradictions,
    ...running.breaks.map(
      ({ at, expected, found }) =>
        `${at}: the balance is ${told(found)}, and by the one before ${told(expected)}`,
    ),
  ];
  const total = amounts.reduce((sum, amount) => sum + amount, 0n);
  if (opening !== undefined && closing !== undefined && opening + total !== closing)
    contradictions.push(
      `it begins with ${told(opening)}, its lines make ${told(total)}, and it ends with ${told(closing)}`,
    );
  return {
    amounts,
    ...(opening === undefined ? {} : { opening }),
    ...(closing === undefined ? {} : { closing }),
    contradictions,
  };
}

interface Running {
  readonly breaks: readonly { readonly at: string; readonly expected: bigint; readonly found: bigint }[];
  readonly opening?: bigint;
  readonly closing?: bigint;
}

/** The balances after each line, from the oldest line to the newest or the other way round, whichever is right. */
function follow(
  lines: readonly StatementLine[],
  amounts: readonly bigint[],
  balances: readonly (bigint | undefined)[],
): Running {
  const downwards = walk(lines, amounts, balances);
  if (downwards.breaks.length === 0) return downwards;
  const upwards = walk(lines.toReversed(), amounts.toReversed(), balances.toReversed());
  return upwards.breaks.length < downwards.breaks.length ? upwards : downwards;
}

function walk(
  lines: readonly StatementLine[],
  amounts: readonly bigint[],
  balances: readonly (bigint | undefined)[],
): Running {
  const breaks: Running['breaks'][number][] = [];
  let opening: bigint | undefined;
  let at: bigint | undefined;
  let before = 0n;
  for (const [index, line] of lines.entries()) {
    const [amount = 0n, found] = [amounts[index], balances[index]];
    before += amount;
    if (at !== undefined) at += amount;
    if (found === undefined) continue;
    opening ??= found - before;
    if (at !== undefined && at !== found) breaks.push({ at: line.at, expected: at, found });
    at = found;
  }
  return opening === undefined || at === undefined ? { breaks } : { breaks, opening, closing: at };
}
