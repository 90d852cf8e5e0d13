import type { FastifyInstance } from 'fastify';
import { scaleOf } from '../../domain/asset.js';
import { convert, isRate } from '../../domain/fx.js';
import { MAX_MONEY } from '../../domain/money.js';
import { split } from '../../domain/split.js';
import type { Rounding } from '../../domain/transfer.js';
import { problem } from '../problem.js';
import { assetIn, positiveIn } from '../read/amounts.js';
import { formatter } from '../render/amounts.js';
import { asset, decimal } from '../schemas/common.js';
import { problemAnswers } from '../schemas/problems.js';
import { rounding } from '../schemas/transfers.js';

interface SplitBody {
  readonly amount: string;
  readonly asset: string;
  readonly weights: readonly string[];
}
interface ConversionBody {
  readonly amount: string;
  readonly asset: string;
  readonly to: string;
  readonly rate: string;
  readonly rounding: Rounding;
}

const splitSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['amount', 'asset', 'weights'],
  properties: {
    amount: decimal,
    asset,
    weights: {
      type: 'array',
      minItems: 1,
      maxItems: 1_000,
      description: 'Weights or percentages of any sum, such as "33.3".',
      items: { type: 'string', maxLength: 40 },
    },
  },
} as const;

const conversionSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['amount', 'asset', 'to', 'rate', 'rounding'],
  properties: {
    amount: decimal,
    asset,
    to: asset,
    rate: { type: 'string', maxLength: 40, description: 'Units of `to` for one unit of `asset`.' },
    rounding,
  },
} as const;

const amountsAnswer = {
  description: 'As many amounts, whose sum is the amount.',
  type: 'object',
  properties: { amounts: { type: 'array', items: decimal } },
} as const;
const amountAnswer = {
  description: 'In the other asset.',
  type: 'object',
  properties: { amount: decimal },
} as const;

/** The ledger's own arithmetic, for clients that must come to the same minor unit; writes nothing. */
export function calculationRoutes(app: FastifyInstance): void {
  app.post<{ Body: SplitBody }>(
    '/v1/splits',
    {
      schema: {
        summary: 'Divide an amount by weights, with nothing lost',
        tags: ['calculations'],
        body: splitSchema,
        response: { 200: amountsAnswer, ...problemAnswers },
      },
    },
    async ({ body }) => {
      const of = assetIn(body.asset, 'asset');
      const amount = positiveIn(body.amount, of, 'amount');
      return { amounts: shares(amount, body.weights).map(formatter(of)) };
    },
  );

  app.post<{ Body: ConversionBody }>(
    '/v1/conversions',
    {
      schema: {
        summary: 'An amount in another asset, at a rate and rounded as said',
        tags: ['calculations'],
        body: conversionSchema,
        response: { 200: amountAnswer, ...problemAnswers },
      },
    },
    async ({ body }) => {
      const [of, to] = [assetIn(body.asset, 'asset'), assetIn(body.to, 'to')];
      const amount = positiveIn(body.amount, of, 'amount');
      if (!isRate(body.rate)) throw problem('rate_malformed', { field: 'rate' });
      const converted = convert(amount, scaleOf(of), scaleOf(to), body.rate, body.rounding);
      if (converted > MAX_MONEY) throw problem('amount_too_large', { field: 'amount' });
      return { amount: formatter(to)(converted) };
    },
  );
}

function shares(amount: bigint, weights: readonly string[]): bigint[] {
  try {
    return split(amount, weights);
  } catch (error) {
    if (error instanceof RangeError) throw problem('weights_malformed', { field: 'weights' });
    throw error;
  }
}
