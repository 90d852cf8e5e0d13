import { NOT_DONE } from './command-line.js';
import { saldoProgram } from './program.js';
import { sentence } from './sentence.js';

/** Runs `saldo …`; the arguments are those of the process, with node and the script first. */
export async function runCli(argv: readonly string[]): Promise<void> {
  // What is wrong in the environment is found while the options get their defaults.
  await sentence(async () => {
    const program = await saldoProgram(argv.slice(2));
    await program.parseAsync([...argv]);
  }, NOT_DONE)();
}
