import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Claim } from '../domain/claim.js';
import type { Leg, Part, TransferDetails } from '../domain/transfer.js';
import type {
  AccountTerms,
  NewAccountChange,
  NewCapture,
  NewDecision,
  NewReversal,
  NewSchedule,
  NewScheduleCancel,
  NewScheduledTransfer,
  NewVoid,
  TransferTerms,
} from './requests.js';

/**
 * The form of a request that its claim's hashes are taken over: RFC 8785, amounts in minor units, absent optional
 * fields left out, so that a release that adds one does not turn honest retries away.
 */
export const CANONICAL_FORM = 1;

type Fields = Readonly<Record<string, unknown>>;

export const canonicalAccount = ({
  asset,
  limits,
  metadata,
  reference,
  placementGroup,
}: AccountTerms): Fields => ({
  operation: 'account.open',
  asset,
  min_balance: textOrNull(limits.minBalance),
  max_balance: textOrNull(limits.maxBalance),
  metadata,
  reference,
  placement_group: placementGroup,
});

export function canonicalTransfer({ legs, details, upTo, hold, review }: TransferTerms): Fields {
  const operation = hold === undefined ? 'transfer.create' : 'transfer.hold';
  // In the order of RFC 8785; ids, assets and amounts hold nothing that JSON would escape.
  const text = new CanonicalText(`[${legs.map(canonicalLeg).join()}]`);
  // Most transfers.
  if (details === undefined && upTo === undefined && hold === undefined && review === undefined)
    return { legs: text, operation };
  return {
    operation,
    legs: text,
    expires_at: hold?.expiresAt,
    up_to: upTo,
    review,
    ...canonicalDetails(details),
  };
}

const canonicalLeg = ({ amount, asset, credit, debit }: Leg): string =>
  `{"amount":"${amount}","asset":"${asset}","credit":"${credit}","debit":"${debit}"}`;

export const canonicalCapture = ({ hold, parts, final, details }: NewCapture): Fields => ({
  operation: 'hold.capture',
  hold,
  parts: parts?.map(canonicalPart),
  final,
  ...canonicalDetails(details),
});

export const canonicalVoid = ({ hold }: NewVoid): Fields => ({ operation: 'hold.void', hold });

/** Who decides what, and why: another note is another request. */
export const canonicalDecision = ({ review, decision, note }: NewDecision): Fields => ({
  operation: `review.${decision}`,
  transfer: review,
  note,
});

export const canonicalReversal = ({ original, parts, details }: NewReversal): Fields => ({
  operation: 'transfer.reverse',
  transfer: original,
  parts: parts?.map(canonicalPart),
  ...canonicalDetails(details),
});

export const canonicalChange = ({ account, change }: NewAccountChange): Fields => ({
  operation: 'account.change',
  account,
  status: change.status,
  review_debits: change.reviewDebits,
  min_balance: textOrNull(change.minBalance),
  max_balance: textOrNull(change.maxBalance),
  metadata: change.metadata,
});

export const canonicalScheduledTransfer = ({ terms, at }: NewScheduledTransfer): Fields => ({
  ...canonicalTransfer(terms),
  scheduled_at: at,
});

export const canonicalSchedule = ({ terms, rule, missed }: NewSchedule): Fields => ({
  operation: 'schedule.create',
  transfer: new CanonicalText(canonicalObject(canonicalTransfer(terms))),
  rrule: rule.rrule,
  time_zone: rule.timeZone,
  starts_at: rule.startsAt,
  missed,
});

export const canonicalScheduleCancel = ({ schedule }: NewScheduleCancel): Fields => ({
  operation: 'schedule.cancel',
  schedule,
});

export const canonicalBurn: Fields = { operation: 'key.burn' };

/** What a reference stands for: the account, whatever it is called with. */
export const canonicalReference = (account: string): Fields => ({ operation: 'account.reference', account });

export const canonicalAccountBatch = (items: readonly AccountTerms[]): Fields => ({
  operation: 'account.batch',
  accounts: canonicalList(items.map(canonicalAccount)),
});

export const canonicalTransferBatch = (items: readonly TransferTerms[], linked: boolean): Fields => ({
  operation: 'transfer.batch',
  transfers: canonicalList(items.map(canonicalTransfer)),
  linked,
});

const canonicalList = (items: readonly Fields[]): CanonicalText =>
  new CanonicalText(`[${items.map((item) => canonicalObject(item)).join()}]`);

/** The fields' hashes of a claim that stands for a whole batch, whose items have keys of their own. */
const batchOperations = (): readonly string[] =>
  ['account.batch', 'transfer.batch'].map((name) => shortHash(canonicalText(name)));
export const isBatchClaim = ({ fields }: Pick<Claim, 'fields'>): boolean =>
  batchOperations().includes(fields['operation'] ?? '');

const canonicalPart = ({ leg, amount }: Part) => ({ leg, amount: amount.toString() });

const canonicalDetails = (details: TransferDetails = {}): Fields => ({
  reference: details.reference,
  metadata: details.metadata,
  effective_at: details.effectiveAt,
  fx: details.fx,
});

/** A value whose RFC 8785 text is known already. */
class CanonicalText {
  constructor(readonly text: string) {}
}

/** 128 bits over the whole request, and 32 bits per top-level field to name what differs. */
export function requestHashes(fields: Fields): Pick<Claim, 'form' | 'request' | 'fields'> {
  const hashes: Record<string, string> = {};
  const whole = canonicalObject(fields, (name, text) => {
    hashes[name] = shortHash(text);
  });
  const request = hash('sha256', whole, 'hex').slice(0, 32);
  return { form: CANONICAL_FORM, request, fields: hashes };
}

/** The fields that are there, sorted as RFC 8785 sorts them; their names are plain ASCII words. `visit` sees each one's text. */
function canonicalObject(fields: Fields, visit?: (name: string, text: string) => void): string {
  const names = Object.keys(fields);
  // Most are written in order: a sort that finds nothing to do costs more than a look.
  if (names.some((name, i) => name < (names[i - 1] ?? ''))) names.sort();
  let object = '{';
  for (const name of names) {
    const value = fields[name];
    if (value === undefined) continue;
    const text = canonicalText(value);
    visit?.(name, text);
    object += `${object === '{' ? '' : ','}"${name}":${text}`;
  }
  return `${object}}`;
}

function canonicalText(value: unknown): string {
  if (value instanceof CanonicalText) return value.text;
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('a request field has no canonical form');
  return text;
}

/** The names of operations come with every request: hashed once. */
const operationHashes = new Map<string, string>();
function shortHash(text: string): string {
  const known = operationHashes.get(text);
  if (known !== undefined) return known;
  const short = hash('sha256', text, 'hex').slice(0, 8);
  if (operationHashes.size < 100 && text.length < 32) operationHashes.set(text, short);
  return short;
}

const textOrNull = (value: bigint | null | undefined): string | null | undefined =>
  value === undefined || value === null ? value : value.toString();
