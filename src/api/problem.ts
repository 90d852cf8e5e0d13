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
  assets_mixed: [400, 'All legs of a transfer are of one asset.'],
  unauthorized: [401, 'This needs a valid API key as a bearer token.'],
  not_found: [404, 'There is nothing here.'],
  method_not_allowed: [405, 'This resource does not take that method.'],
  transfer_canceled: [409, 'The transfer was canceled.'],
  body_too_large: [413, 'The body is larger than 1 MiB.'],
  media_type_unsupported: [415, 'The body must be application/json.'],
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
  readonly transfer?: unknown;
  readonly [member: string]: unknown;
}

/** A problem on its way to the client; thrown by handlers, answered in one place. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  constructor(
    readonly problem: Problem,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(problem.title);
  }
}

/** The ledger's own sentence where the API refuses what the ledger would. */
export const refusal = (rejection: Rejection): ProblemError =>
  new ProblemError(rejectionProblem(rejection, undefined));

export function problem(code: ProblemCode, members: Partial<Problem> = {}): ProblemError {
  const [status, title] = API_PROBLEMS[code];
  return new ProblemError({ type: `/problems/${code}`, title, status, code, ...members });
}

/** A rejection as a problem; amounts in the asset of the legs, as decimal strings. */
export function rejectionProblem(
  rejection: Rejection,
  asset: Asset | undefined,
  members: Partial<Problem> = {},
): Problem {
  const { code, account, field, available, needed } = rejection;
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
    ...(available === undefined || needed === undefined
      ? {}
      : { available: amount(available), needed: amount(needed) }),
    ...(asset === undefined || available === undefined ? {} : { asset: displayAsset(asset) }),
    ...members,
  };
}
