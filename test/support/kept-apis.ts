import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach } from 'vitest';
import { buildApi } from '../../src/api/build-api.js';
import type { ApiPorts } from '../../src/api/ports.js';
import { type ApiAnswers, type ApiHarness, loggerTo, tellingLedger } from './api-harness.js';

/** An API whose ledger and log are one test's, and then another's. */
class KeptApi {
  log: ApiHarness['log'] = [];

  private constructor(public ports: ApiPorts) {}

  static async open(ports: ApiPorts): Promise<{ readonly kept: KeptApi; readonly app: FastifyInstance }> {
    const kept = new KeptApi(ports);
    const app = await buildApi(
      kept.through(),
      loggerTo((line) => kept.log.push(line)),
    );
    return { kept, app };
  }

  /** Ports that lead to those of the test. */
  private through(): ApiPorts {
    const part = <Name extends 'intake' | 'reader' | 'schedules' | 'search' | 'feed'>(name: Name) =>
      new Proxy({} as ApiPorts[Name], { get: (_, method) => Reflect.get(this.ports[name], method) });
    return {
      intake: part('intake'),
      reader: part('reader'),
      schedules: part('schedules'),
      search: part('search'),
      feed: part('feed'),
      inDoubt: (...of) => this.ports.inDoubt(...of),
      ownerOf: (token) => this.ports.ownerOf(token),
      readiness: () => this.ports.readiness(),
    };
  }
}

/** APIs for one test each. To compile all that an API takes and answers takes long: the next test gets the same again. */
export function apiStarter(): (answers?: Omit<ApiAnswers, 'documents'>) => Promise<ApiHarness> {
  const free: Awaited<ReturnType<typeof KeptApi.open>>[] = [];
  const used: typeof free = [];
  afterEach(() => void free.push(...used.splice(0)));
  afterAll(() => Promise.all(free.map(({ app }) => app.close())));
  return async (answers = {}) => {
    const { ports, asked, last } = tellingLedger(answers);
    const one = free.pop() ?? (await KeptApi.open(ports));
    used.push(one);
    const log: ApiHarness['log'] = [];
    Object.assign(one.kept, { ports, log });
    return { app: one.app, asked, last, log };
  };
}
