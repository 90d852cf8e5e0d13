import { saldoProgram } from './program.js';

/** Runs `saldo …`; the arguments are those of the process, with node and the script first. */
export async function runCli(argv: readonly string[]): Promise<void> {
  const program = await saldoProgram(argv.slice(2));
  await program.parseAsync([...argv]);
}
