import { type Asset, displayAsset, scaleOf } from '../domain/asset.js';
import { formatMoney } from '../domain/money.js';
import { REJECTIONS, type Rejection } from '../domain/rejections.js';

/** What an API answers with besides the ledger's own rejections: status and title by code. */
export const API_PROBLEMS = {
  invalid_request: [400, 'The request is not of the form this operation takes.'],
  malformed_json: [400, 'The body is not JSON.'],
  malformed_http: [400, 'This is not HTTP.'],
  idempotency_key_missing: [400, 'This operation needs an Idempotency-Key header.'],
  idempotency_key_invalid: [400, 'An Idempotency-Key is 1 to 255 printable ASCII characters.'],
  amount_malformed: [400, 'An amount is a decimal string such as "12.34", not a number.'],
  amount_too_precise: [400, 'The amount has more decimals than its asset.'],
  amount_too_large: [400, 'The amount has more than 38 digits.'],
  asset_unknown: [400, 'The asset is neither an ISO 4217 code nor CODE/SCALE with a scale of 0 to 18.'],
  rate_malformed: [
    400,
    'A rate is a decimal string above zero such as "25.415", at most 18 digits each side.',
  ],
  weights_malformed: [400, 'Weights are decimal strings such as "33.3", at least one of them above zero.'],
  reference_malformed: [
    400,
    'A reference is 1 to 255 characters: segments of A-Z a-z 0-9 _ . @ - joined by colons.',
  ],
  time_malformed: [400, 'A time is RFC 3339 with its zone, such as "2026-01-31T12:00:00Z".'],
  rrule_malformed: [400, 'The rule is not one of RFC 5545 that is taken here.'],
  time_zone_unknown: [400, 'A time zone is a name of the IANA database such as "Europe/Prague".'],
  metadata_too_large: [400, 'Metadata is at most 50 names with strings of 4 KiB, 16 KiB in all.'],
  too_many_legs: [400, 'A transfer has 1 to 100 legs.'],
  too_many_items: [400, 'A batch has 1 to 1000 items.'],
  unauthorized: [401, 'This needs a valid API key as a bearer token.'],
  not_found: [404, 'There is nothing here.'],
  method_not_allowed: [405, 'This resource does not take that method.'],
  transfer_canceled: [409, 'The transfer was canceled.'],
  transfer_not_scheduled: [
    409,
    'Only a transfer that was asked for in advance can be canceled; a hold is voided.',
  ],
  key_has_effect: [409, 'The key has had its effect and can not be burnt.'],
  key_is_claimed: [409, 'The key is claimed for an account that is not open yet: repeat that request.'],
  body_too_large: [413, 'The body is larger than 1 MiB.'],
  media_type_unsupported: [415, 'The body must be application/json.'],
  too_many_watchers: [429, 'Too many requests of yours wait for events; close some.'],
  headers_too_large: [431, 'The headers are too large.'],
  shard_unavailable: [
    503,
    'A shard this request needs does not answer; repeat it with the same Idempotency-Key.',
  ],
  internal_error: [500, 'Something broke here; repeat the request with the same Idempotency-Key.'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof API_PROBLEMS;

/** RFC 9457, with a code for programs and what it is about. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly field?: string;
  readonly account?: string;
  readonly asset?: string;
  readonly available?: string;
  readonly needed?: string;
  /** Of a part of the request, from 0. */
  readonly index?: number;
  readonly transfer?: unknown;
  readonly [member: string]: unknown;
}

/** A problem on its way to the client; thrown by handlers, answered in one place. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  constructor(
    readonly problem: Problem,
    readonly headers: Readonly<Record<string, string>> = {},
    /** The answer of a command, recorded: every repeat gets the same bytes. */
    readonly recorded = false,
  ) {
    super(problem.title);
  }
}

/** The ledger's own sentence where the API refuses what the ledger would. */
export const refusal = (rejection: Rejection, members: Partial<Problem> = {}): ProblemError =>
  new ProblemError(rejectionProblem(rejection, undefined, members));

/** What the ledger said no to; what it recorded is said the same way for ever. */
export const refused = (rejection: Rejection, asset: Asset | undefined): ProblemError =>
  new ProblemError(rejectionProblem(rejection, asset), {}, REJECTIONS[rejection.code].recorded);

export function problem(
  code: ProblemCode,
  members: Partial<Problem> = {},
  headers: Readonly<Record<string, string>> = {},
): ProblemError {
  const [status, title] = API_PROBLEMS[code];
  return new ProblemError({ type: `/problems/${code}`, title, status, code, ...members }, headers);
}

/** A rejection as a problem; amounts in the asset of the legs, as decimal strings. */
export function rejectionProblem(
  rejection: Rejection,
  asset: Asset | undefined,
  members: Partial<Problem> = {},
): Problem {
  const { code, account, available, needed, index } = rejection;
  // What clients call legs is, of an earlier transfer, parts in the canonical form.
  const field = rejection.field === 'parts' ? 'legs' : rejection.field;
  const { httpStatus: status, sentence: title } = REJECTIONS[code];
  const amount = (units: string): string =>
    asset === undefined ? units : formatMoney(BigInt(units), scaleOf(asset));
  return {
    type: `/problems/${code}`,
    title,
    status,
    code,
    ...(field === undefined ? {} : { field, detail: `The requests differ in "${field}".` }),
    ...(account === undefined ? {} : { account }),
    ...(index === undefined ? {} : { index }),
    ...(available === undefined || needed === undefined
      ? {}
      : { available: amount(available), needed: amount(needed) }),
    ...(asset === undefined || available === undefined ? {} : { asset: displayAsset(asset) }),
    ...members,
  };
}
