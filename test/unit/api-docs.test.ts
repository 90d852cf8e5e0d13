import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { API_PROBLEMS } from '../../src/api/problem.js';
import { packageRoot } from '../../src/config/package-root.js';
import { REJECTIONS } from '../../src/domain/rejections.js';
import { type ApiHarness, startApi } from '../support/api-harness.js';

/** docs/api.md says what the API does: every operation, and every problem with its status and sentence. */
const page = readFileSync(join(packageRoot(), 'docs', 'api.md'), 'utf8');

let api: ApiHarness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.app.close());

interface Meaning {
  readonly code: string;
  readonly status: number;
  readonly title: string;
}
const rejections: readonly Meaning[] = Object.entries(REJECTIONS).map(([code, row]) => ({
  code,
  status: row.httpStatus,
  title: row.sentence,
}));
const ownProblems: readonly Meaning[] = Object.entries(API_PROBLEMS).map(([code, [status, title]]) => ({
  code,
  status,
  title,
}));
/** Where a code is in both lists, the API's own sentence is what clients see. */
const problems = [...new Map([...rejections, ...ownProblems].map((one) => [one.code, one])).values()];

it('its table of problems is the one the code has', () => {
  const expected = problems
    .sort((a, b) => a.status - b.status || (a.code < b.code ? -1 : 1))
    .map(({ code, status, title }) => `| \`${code}\` | ${status} | ${title} |`);
  expect(page.split('\n').filter((line) => line.startsWith('| `') && /\| \d{3} \|/.test(line))).toEqual(
    expected,
  );
});

it('each problem can be looked up under its type', async () => {
  for (const { code } of problems) {
    const found = (await api.app.inject(`/problems/${code}`)).json();
    expect([...rejections, ...ownProblems]).toContainEqual(found);
  }
});

it('has a section with a request for each operation', async () => {
  const { paths } = (await api.app.inject('/openapi.json')).json() as { paths: Record<string, object> };
  for (const [path, methods] of Object.entries(paths)) {
    for (const method of Object.keys(methods)) {
      const named = `${method.toUpperCase()} ${path}`;
      const section = page.split('\n## ').find((text) => text.split('\n')[0]?.split(' and ').includes(named));
      expect(section, `${method} ${path}`).toMatch(/```sh\ncurl /);
    }
  }
});

it('its examples are JSON', () => {
  const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');
  expect(examples.length).toBeGreaterThan(4);
  for (const example of examples) expect(() => JSON.parse(example), example).not.toThrow();
});
