import type { TransferId } from '../domain/ids.js';
import { uuidOf } from '../storage/wire.js';
import type { Changes, TransferFacts, TransferProgress } from './changes.js';
import { accountTag, metadataTag, referenceTag } from './tags.js';

/** Rows as JSON has them: ids as hex digits, amounts as text. */
type Row = Readonly<Record<string, unknown>>;

/** Postgres's text has no place for these, and no caller's oddity may stop the feed. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\uFFFD');

const storableMap = (map: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(map).map(([name, value]) => [storable(name), storable(value)]));

const progressRow = (
  id: TransferId,
  { tenant, status, endedAt, effectiveAt, hold, closedAs, releases, legs }: TransferProgress,
): Row => ({
  tenant,
  id: uuidOf(id),
  status,
  ended_at: endedAt,
  effective_at: effectiveAt,
  hold:
    hold === undefined
      ? undefined
      : JSON.stringify({
          parts: hold.map(({ remaining, capturing, captured }) => [
            `${remaining}`,
            `${capturing}`,
            `${captured}`,
          ]),
          closedAs,
          releases: releases === 0 ? undefined : releases,
        }),
  legs: legs && legsText(legs),
});

const legsText = (legs: TransferFacts['legs']): string =>
  JSON.stringify(
    legs.map(({ debit, credit, amount, asset }) => [uuidOf(debit), uuidOf(credit), `${amount}`, asset]),
  );

function* tagsOf({ legs, reference, metadata }: TransferFacts): Generator<string> {
  for (const { debit, credit } of legs) {
    yield accountTag(debit);
    yield accountTag(credit);
  }
  if (reference !== undefined) yield referenceTag(storable(reference));
  for (const [name, value] of Object.entries(storableMap(metadata ?? {}))) yield metadataTag(name, value);
}

/** What a batch changed as the rows of each statement. */
export function rowsOf({ created, progress, opened, statuses, counters, entries, begun }: Changes) {
  const inserted: Row[] = [];
  const updated: Row[] = [];
  const tags: Row[] = [];
  for (const [id, state] of progress) {
    const facts = created.get(id);
    const row = progressRow(id, state);
    if (facts === undefined) {
      updated.push(row);
      continue;
    }
    const { tenant, kind, createdAt, reference, metadata, parent, legs } = facts;
    inserted.push({
      ...row,
      kind,
      created_at: createdAt,
      reference: reference === undefined ? undefined : storable(reference),
      metadata: metadata === undefined ? undefined : storableMap(metadata),
      parent: parent === undefined ? undefined : uuidOf(parent),
      legs: row['legs'] ?? legsText(legs),
    });
    for (const tag of new Set(tagsOf(facts)))
      tags.push({ tenant, tag, created_at: createdAt, transfer: uuidOf(id) });
  }
  return {
    inserted,
    updated,
    tags,
    opened: opened.map(({ tenant, account, asset, reference }) => ({
      tenant,
      id: uuidOf(account),
      asset,
      reference: reference === undefined ? undefined : storable(reference),
    })),
    statuses: [...statuses].map(([id, { tenant, status }]) => ({ tenant, id: uuidOf(id), status })),
    counters: [...counters].map(([id, { tenant, last }]) => ({
      tenant,
      id: uuidOf(id),
      version: last.version,
      dp: `${last.after.debitsPosted}`,
      cp: `${last.after.creditsPosted}`,
      dn: `${last.after.debitsPending}`,
      cn: `${last.after.creditsPending}`,
    })),
    entries: entries.map(({ tenant, account, effectiveAt, version, debits, credits }) => ({
      tenant,
      account: uuidOf(account),
      effective_at: effectiveAt,
      day: effectiveAt.slice(0, 10),
      version,
      debits: `${debits}`,
      credits: `${credits}`,
    })),
    begun: [...begun].map(([id, { tenant, coordinates, effectiveAt, inTransit }]) => ({
      tenant,
      transfer: uuidOf(id),
      coordinates,
      effective_at: effectiveAt,
      in_transit: inTransit.map(uuidOf),
    })),
  };
}
