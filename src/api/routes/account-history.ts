import type { FastifyInstance } from 'fastify';
import type { AccountId, TenantId } from '../../domain/ids.js';
import { callerOf } from '../authenticate.js';
import { accountCursor, type Order, versionOfCursor } from '../cursor.js';
import type { ApiPorts, ReaderPort } from '../ports.js';
import { problem, refusal } from '../problem.js';
import { accountIdIn } from '../read/accounts.js';
import { limitIn } from '../read/limit.js';
import { instantIn, millisecondBefore } from '../read/times.js';
import { renderBalance, renderEntry } from '../render/accounts.js';
import { renderEffectiveBalance } from '../render/search.js';
import { balanceSchema, entriesSchema } from '../schemas/accounts.js';
import { idParams, time } from '../schemas/common.js';
import { problemAnswers } from '../schemas/problems.js';
import { effectiveBalanceSchema } from '../schemas/search.js';

interface EntriesQuery {
  readonly cursor?: string;
  readonly limit?: string;
  readonly order?: Order;
  readonly from?: string;
  readonly to?: string;
}

export function accountHistoryRoutes(app: FastifyInstance, { reader, search }: ApiPorts): void {
  app.get<{ Params: { id: string }; Querystring: { at?: string; effective_at?: string } }>(
    '/v1/accounts/:id/balance',
    {
      schema: {
        summary: 'What an account held at a booking time, or counting what was effective by a time',
        tags: ['accounts'],
        params: idParams,
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            at: { ...time, description: 'By booking time: entries booked then are in it.' },
            effective_at: { ...time, description: 'By effective time, from the read model; in place of at.' },
          },
        },
        response: {
          200: { description: 'The balance.', anyOf: [balanceSchema, effectiveBalanceSchema] },
          ...problemAnswers,
        },
      },
    },
    async (request) => {
      const { at, effective_at: effectiveAt } = request.query;
      const { tenant } = callerOf(request);
      const account = accountIdIn(request.params.id);
      if ((at === undefined) === (effectiveAt === undefined))
        throw problem('invalid_request', { field: 'at', detail: 'Give one of at and effective_at.' });
      if (effectiveAt !== undefined) {
        const found = await search.balanceAt(tenant, account, instantIn(effectiveAt, 'effective_at'));
        if (found === undefined) throw refusal({ code: 'account_not_found' });
        return renderEffectiveBalance(found);
      }
      const balance = await reader.balanceAt(tenant, account, instantIn(at ?? '', 'at'));
      if (balance === undefined) throw refusal({ code: 'account_not_found' });
      return renderBalance(balance);
    },
  );

  app.get<{ Params: { id: string }; Querystring: EntriesQuery }>(
    '/v1/accounts/:id/entries',
    {
      schema: {
        summary: "An account's entries, oldest first unless asked otherwise",
        tags: ['accounts'],
        params: idParams,
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            cursor: { type: 'string', maxLength: 64, description: 'The next_cursor of the page before.' },
            limit: { type: 'string', pattern: '^[0-9]{1,4}$', description: '1 to 1000, 100 if not given.' },
            order: { type: 'string', enum: ['asc', 'desc'], description: 'asc if not given.' },
            from: { ...time, description: 'Only what was booked then or later.' },
            to: { ...time, description: 'Only what was booked then or earlier.' },
          },
        },
        response: { 200: { description: 'A page of entries.', ...entriesSchema }, ...problemAnswers },
      },
    },
    async (request) => {
      const { tenant } = callerOf(request);
      const id = accountIdIn(request.params.id);
      const { order = 'asc' } = request.query;
      const limit = limitIn(request.query.limit ?? '100');
      const times = timesIn(request.query);
      const seen =
        request.query.cursor === undefined ? undefined : versionOfCursor(request.query.cursor, order);
      const account = await reader.account(tenant, id);
      if (account === undefined) throw refusal({ code: 'account_not_found' });
      const range = await rangeOf(reader, tenant, id, times, order, seen);
      // One more than asked for tells whether there is a next page.
      const entries = await reader.entries(tenant, id, { ...range, order, limit: limit + 1 });
      if (entries === undefined) throw refusal({ code: 'account_not_found' });
      const page = entries.slice(0, limit);
      const last = page.at(-1);
      const more = entries.length > limit && last !== undefined;
      return {
        data: page.map((entry) => renderEntry(entry, account.asset)),
        next_cursor: more ? accountCursor(last.version, order) : null,
      };
    },
  );
}

interface Times {
  readonly from?: string;
  readonly to?: string;
}

function timesIn(query: EntriesQuery): Times {
  const from = query.from === undefined ? {} : { from: instantIn(query.from, 'from') };
  const to = query.to === undefined ? {} : { to: instantIn(query.to, 'to') };
  const times: Times = { ...from, ...to };
  if (times.from !== undefined && times.to !== undefined && times.from > times.to)
    throw problem('invalid_request', { field: 'to', detail: '"to" is before "from".' });
  return times;
}

/** Versions and booking times rise together, so times are two bounds on versions; `seen` narrows one of them. */
async function rangeOf(
  reader: ReaderPort,
  tenant: TenantId,
  id: AccountId,
  { from, to }: Times,
  order: Order,
  seen: number | undefined,
) {
  const [after, upTo] = await Promise.all([
    from === undefined ? 0 : reader.versionAt(tenant, id, millisecondBefore(from)),
    to === undefined ? Number.MAX_SAFE_INTEGER : reader.versionAt(tenant, id, to),
  ]);
  if (seen === undefined) return { after, upTo };
  return order === 'asc' ? { after: Math.max(after, seen), upTo } : { after, upTo: Math.min(upTo, seen - 1) };
}
