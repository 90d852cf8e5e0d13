#!/usr/bin/env node
import { existsSync } from 'node:fs';

const cli = new URL('../dist/src/cli/cli.js', import.meta.url);
if (existsSync(cli)) {
  const { runCli } = await import(cli.href);
  await runCli(process.argv);
} else {
  process.stderr.write('saldo: it is not built yet: run "npm run build" once\n');
  process.exitCode = 2;
}
