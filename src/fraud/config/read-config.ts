import { hash } from 'node:crypto';
import { Ajv, type ErrorObject } from 'ajv';
import canonicalize from 'canonicalize';
import { InvalidConfigError, parseYaml, validated } from '../../config/yaml-file.js';
import { parseAsset, scaleOf } from '../../domain/asset.js';
import { parseMoney } from '../../domain/money.js';
import {
  type Amounts,
  type Exempt,
  type FraudConfig,
  REVIEW_CAUSES,
  type ReviewCause,
  type ReviewPolicy,
  type Rule,
  type Side,
} from './fraud-config.js';
import { configSchema } from './schema.js';

const validate = new Ajv({ allErrors: true, discriminator: true, strict: false, verbose: true }).compile(
  configSchema,
);

/** Reads rules from YAML, of which JSON is a part. `file`: its name, for the faults. @throws InvalidConfigError */
export function readConfig(text: string, file: string): FraudConfig {
  const raw = validated<RawConfig>(parseYaml(text, file), validate, file, told);
  const { time = 'booked', exempt, rules, alert_at: alertAt, review_at: reviewAt, ...more } = raw;
  const faults: string[] = [];
  const compiled = rules.map((one, index) => compile(one, `rules/${index} (${one.name})`, faults));
  const names = rules.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) faults.push(`rules: "${twice}" is the name of two rules`);
  if (alertAt > reviewAt) faults.push('review_at must not be below alert_at: what is acted on is told');
  const reviews = policyOf(more.reviews);
  const { approveBelow, declineFrom } = reviews;
  if (declineFrom < alertAt)
    faults.push('reviews: decline_from must not be below alert_at: what is acted on is told');
  if (approveBelow > declineFrom)
    faults.push('reviews: approve_below must not be above decline_from: a score would be both');
  if (faults.length > 0) throw new InvalidConfigError(file, faults);
  const ruleSet = hash('sha256', canonicalize(raw) ?? '').slice(0, 12);
  return { ruleSet, time, exempt: exemptOf(exempt), rules: compiled, alertAt, reviewAt, reviews };
}

function told({ keyword, params }: ErrorObject, where: string): string | undefined {
  switch (keyword) {
    case 'discriminator':
      return `${where}: kind must be one of ${KINDS.join(', ')}, not ${JSON.stringify(params['tagValue'])}`;
    case 'anyOf':
      return `${where}: a velocity rule needs count_above or amount_above`;
    case 'oneOf':
      return '';
    default:
      return undefined;
  }
}

const KINDS = configSchema.properties.rules.items.oneOf.map(({ properties: { kind } }) => kind.const);

type RawAmounts = Readonly<Record<string, string>>;
interface RawRule {
  readonly kind: Rule['kind'];
  readonly name: string;
  readonly score: number;
  readonly window?: string;
  readonly side?: Side;
  readonly count_above?: number;
  readonly amount_above?: RawAmounts;
  readonly after?: number;
  readonly times?: number;
  readonly at_least?: RawAmounts;
  readonly parties_above?: number;
  readonly limit?: RawAmounts;
  readonly within_percent?: number;
  readonly count?: number;
}
interface RawConfig {
  readonly time?: FraudConfig['time'];
  readonly exempt?: {
    readonly unlimited?: boolean;
    readonly reference_prefixes?: readonly string[];
    readonly metadata?: Readonly<Record<string, string>>;
  };
  readonly reviews?: {
    readonly approve_below?: number;
    readonly decline_from?: number;
    readonly reasons?: readonly ReviewCause[];
  };
  readonly rules: readonly RawRule[];
  readonly alert_at: number;
  readonly review_at: number;
}

const exemptOf = (raw: RawConfig['exempt']): Exempt => ({
  unlimited: raw?.unlimited ?? false,
  referencePrefixes: raw?.reference_prefixes ?? [],
  metadata: raw?.metadata ?? {},
});

/** Nothing is decided unless it is asked for. */
const policyOf = (raw: RawConfig['reviews']): ReviewPolicy => ({
  approveBelow: raw?.approve_below ?? 0,
  declineFrom: raw?.decline_from ?? 101,
  reasons: raw?.reasons ?? REVIEW_CAUSES,
});

/** The schema has seen to it that what a kind needs is there. */
function compile(raw: RawRule, where: string, faults: string[]): Rule {
  const { kind, name, score, side = 'debit', after = 1, window = '1d' } = raw;
  const amounts = (field: string, value: RawAmounts): Amounts =>
    amountsOf(value, `${where}/${field}`, faults);
  const atLeast = raw.at_least === undefined ? {} : { atLeast: amounts('at_least', raw.at_least) };
  const windowed = { name, score, window, windowMs: millisecondsOf(window) };
  switch (kind) {
    case 'velocity': {
      const { count_above: countAbove, amount_above: amountAbove } = raw;
      return {
        kind,
        ...windowed,
        side,
        ...(countAbove === undefined ? {} : { countAbove }),
        ...(amountAbove === undefined ? {} : { amountAbove: amounts('amount_above', amountAbove) }),
      };
    }
    case 'unusual_amount':
      return { kind, name, score, after, times: raw.times ?? 2, ...atLeast };
    case 'new_counterparty':
      return { kind, name, score, after, ...atLeast };
    case 'fan_in':
    case 'fan_out':
      return { kind, ...windowed, partiesAbove: raw.parties_above ?? 1 };
    case 'structuring': {
      const { limit = {}, within_percent: withinPercent = 1, count = 1 } = raw;
      return { kind, ...windowed, side, limit: amounts('limit', limit), withinPercent, count };
    }
  }
}

function amountsOf(raw: RawAmounts, where: string, faults: string[]): Amounts {
  return new Map(
    Object.entries(raw).flatMap(([code, text]) => {
      const asset = parseAsset(code);
      if (asset === undefined) {
        faults.push(`${where}: "${code}" is no asset: an ISO 4217 code, or CODE/SCALE`);
        return [];
      }
      const minor = parseMoney(text, scaleOf(asset));
      if (typeof minor === 'bigint') return [[asset, minor] as const];
      faults.push(`${where}: "${text}" is no amount of ${code} (${minor.replace('_', ' ')})`);
      return [];
    }),
  );
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const millisecondsOf = (text: string): number => Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? 0);
