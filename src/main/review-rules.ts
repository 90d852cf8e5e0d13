import type { NodeConfig } from '../config/node-config.js';
import { type Asset, parseAsset, scaleOf } from '../domain/asset.js';
import { parseMoney } from '../domain/money.js';
import type { ReviewRules } from '../intake/review-rules.js';

/** The node's rules for reviews, from its settings. Throws a RangeError that names the setting when one is malformed. */
export function reviewRulesOf({ reviewDeadlineMs, reviewEscalateMs, reviewAbove }: NodeConfig): ReviewRules {
  const above = new Map<Asset, bigint>();
  for (const rule of reviewAbove.split(',').map((part) => part.trim())) {
    if (rule === '') continue;
    const [name = '', amount = ''] = rule.split('=').map((part) => part.trim());
    const asset = parseAsset(name);
    const units = asset && parseMoney(amount, scaleOf(asset));
    if (asset === undefined || typeof units !== 'bigint' || units < 0n)
      throw new RangeError(`SALDO_REVIEW_ABOVE must be like "CZK=10000.00,EUR=500", but holds "${rule}"`);
    above.set(asset, units);
  }
  return { deadlineMs: reviewDeadlineMs, escalateMs: reviewEscalateMs, above };
}
