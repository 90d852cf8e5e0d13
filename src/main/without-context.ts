import { AsyncLocalStorage } from 'node:async_hooks';
import { asyncLocalStorage } from '@temporalio/activity';
import type { NativeConnection } from '@temporalio/worker';

type Activity<Request, Answer> = (request: Request) => Promise<Answer>;

/**
 * Activities that ask for no context of theirs. Temporal's worker keeps that in stores of Node's (async_hooks) that hook
 * into every promise of the process from their first use on, those of local transfers too; so the stores are given up
 * as soon as an activity begins.
 */
export function withoutContext<Name extends string, Request, Answer>(
  activities: { readonly [name in Name]: Activity<Request, Answer> },
  connection: NativeConnection,
): Record<Name, Activity<Request, Answer>> {
  // The connection keeps one of its own, for deadlines of calls that an activity would make.
  const stores = [asyncLocalStorage, ...Object.values(connection)].filter(
    (part): part is AsyncLocalStorage<unknown> => part instanceof AsyncLocalStorage,
  );
  const all = Object.entries<Activity<Request, Answer>>(activities).map(([name, activity]) => [
    name,
    (request: Request) => {
      for (const store of stores) store.disable();
      return activity(request);
    },
  ]);
  return Object.fromEntries(all) as Record<Name, Activity<Request, Answer>>;
}
