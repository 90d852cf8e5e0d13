import { type Asset, displayAsset, scaleOf } from '../domain/asset.js';
import { formatMoney } from '../domain/money.js';
import type {
  FanRule,
  NewCounterpartyRule,
  Rule,
  Side,
  StructuringRule,
  UnusualAmountRule,
  VelocityRule,
} from './config/fraud-config.js';
import { type Movement, SlidingWindow } from './sliding-window.js';

/** What one transfer does to one account: all its legs on that side together. */
export interface Activity extends Movement {
  readonly side: Side;
  readonly asset: Asset;
}

/** One rule's memory of one account: takes each activity in, and says why if it is suspicious. */
export interface Watch {
  take(activity: Activity): string | undefined;
}

/** A fresh memory: a rule's verdicts depend on the activities it was given and on nothing else. */
export function watchFor(rule: Rule): Watch {
  switch (rule.kind) {
    case 'velocity':
      return velocity(rule);
    case 'unusual_amount':
      return unusualAmount(rule);
    case 'fan_out':
    case 'fan_in':
      return fan(rule);
    case 'new_counterparty':
      return newCounterparty(rule);
    case 'structuring':
      return structuring(rule);
  }
}

function velocity({ side, window, windowMs, countAbove, amountAbove }: VelocityRule): Watch {
  const seen = new SlidingWindow(windowMs);
  return {
    take: (activity) => {
      if (activity.side !== side) return undefined;
      seen.add(activity);
      const most = amountAbove?.get(activity.asset);
      if (most !== undefined && seen.sum > most) {
        const { asset } = activity;
        return `${shown(seen.sum, asset)} of ${side}s in ${window}, more than ${shown(most, asset)}`;
      }
      if (countAbove === undefined || seen.count <= countAbove) return undefined;
      return `${seen.count} ${side}s in ${window}, more than ${countAbove}`;
    },
  };
}

function unusualAmount({ after, times, atLeast }: UnusualAmountRule): Watch {
  let count = 0n;
  let sum = 0n;
  return {
    take: ({ side, amount, asset }) => {
      if (side !== 'debit') return undefined;
      const [before, moved] = [count, sum];
      count += 1n;
      sum += amount;
      if (before < BigInt(after) || !reaches(atLeast, asset, amount)) return undefined;
      if (amount * before <= BigInt(times) * moved) return undefined;
      const average = moved / before;
      return `${shown(amount, asset)} is more than ${times} times the average ${shown(average, asset)} of ${before} debits`;
    },
  };
}

function fan({ kind, window, windowMs, partiesAbove }: FanRule): Watch {
  const side = kind === 'fan_out' ? 'debit' : 'credit';
  const seen = new SlidingWindow(windowMs);
  return {
    take: (activity) => {
      if (activity.side !== side) return undefined;
      seen.add(activity);
      if (seen.parties <= partiesAbove) return undefined;
      const did = kind === 'fan_out' ? 'were paid' : 'paid it';
      return `${seen.parties} different accounts ${did} in ${window}, more than ${partiesAbove}`;
    },
  };
}

/** Most counterparties that are remembered of an account; one that has as many is not surprised by another. */
export const MAX_KNOWN = 10_000;

function newCounterparty({ after, atLeast }: NewCounterpartyRule): Watch {
  const known = new Set<string>();
  let count = 0;
  return {
    take: ({ side, amount, asset, parties }) => {
      if (side !== 'debit') return undefined;
      const strangers = parties.filter((party) => !known.has(party));
      const [before, full] = [count, known.size >= MAX_KNOWN];
      count += 1;
      for (const party of strangers) if (known.size < MAX_KNOWN) known.add(party);
      if (full || strangers.length === 0 || before < after || !reaches(atLeast, asset, amount))
        return undefined;
      return `${shown(amount, asset)} to ${strangers[0]}, for the first time after ${before} debits`;
    },
  };
}

function structuring({ side, window, windowMs, limit, withinPercent, count }: StructuringRule): Watch {
  const seen = new SlidingWindow(windowMs);
  return {
    take: (activity) => {
      const { asset, amount, at } = activity;
      const below = limit.get(asset);
      if (activity.side !== side || below === undefined) return undefined;
      const close = amount < below && amount * 100n >= below * BigInt(100 - withinPercent);
      if (!close) {
        seen.forget(at);
        return undefined;
      }
      seen.add(activity);
      if (seen.count < count) return undefined;
      return `${seen.count} ${side}s within ${withinPercent} % below ${shown(below, asset)} in ${window}`;
    },
  };
}

const reaches = (least: ReadonlyMap<Asset, bigint> | undefined, asset: Asset, amount: bigint): boolean => {
  if (least === undefined) return true;
  const wanted = least.get(asset);
  return wanted !== undefined && amount >= wanted;
};

const shown = (minor: bigint, asset: Asset): string =>
  `${formatMoney(minor, scaleOf(asset))} ${displayAsset(asset)}`;
