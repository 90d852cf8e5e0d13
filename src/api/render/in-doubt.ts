import { displayAsset } from '../../domain/asset.js';
import { NEVER } from '../../domain/transfer.js';
import type { InDoubtView } from '../ports.js';
import { formatter } from './amounts.js';

/** Amounts as decimal strings. */
export function renderInDoubt({ sagas, more, pairs, unreachable }: InDoubtView) {
  return {
    transfers: sagas.map(({ transfer, kind, of, state, since, deadline, route, legs }) => ({
      id: transfer,
      kind,
      ...(of === undefined ? {} : { of }),
      state,
      since,
      ...(deadline === NEVER ? {} : { decide_by: deadline }),
      shards: route,
      amounts: legs.map(({ amount, asset }) => ({
        amount: formatter(asset)(amount),
        asset: displayAsset(asset),
      })),
    })),
    more,
    pairs: pairs.map(({ shards, asset, undecided, inTransit, books }) => {
      const amount = formatter(asset);
      return {
        shards,
        asset: displayAsset(asset),
        undecided: amount(undecided),
        in_transit: amount(inTransit),
        reconciled: books === 'unknown' ? null : books === 'reconciled',
      };
    }),
    unreachable_shards: unreachable,
  };
}
