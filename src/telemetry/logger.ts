import { type Logger, pino } from 'pino';

/** JSON lines on standard error; made readable where a person watches the terminal. Times are RFC 3339. */
export function createLogger({ level }: { readonly level: string }): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!process.stderr.isTTY) return pino(options, pino.destination(2));
  const pretty = { colorize: true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname' };
  return pino({ ...options, transport: { target: 'pino-pretty', options: { ...pretty, destination: 2 } } });
}
