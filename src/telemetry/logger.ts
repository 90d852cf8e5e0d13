import { type Logger, pino } from 'pino';

/** JSON lines; made readable where a person watches the terminal. Times are RFC 3339. */
export function createLogger({ level }: { readonly level: string }): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!process.stdout.isTTY) return pino(options);
  const pretty = { colorize: true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname' };
  return pino({ ...options, transport: { target: 'pino-pretty', options: pretty } });
}
