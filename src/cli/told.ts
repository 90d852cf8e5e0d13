interface SystemError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly path?: string;
  readonly hostname?: string;
  readonly address?: string;
  readonly port?: number;
}

/** What of a file goes wrong, by the system's code. */
const FILES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of it is no folder',
  EEXIST: 'it is there already',
};

/** What went wrong, for a person: what the system says of files and addresses in words that name them. */
export function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code = '', syscall, path, hostname, address, port }: SystemError = error;
  const ofFile = FILES[code];
  if (path !== undefined && ofFile !== undefined) return `${path}: ${ofFile}`;
  if (syscall === 'listen' && address !== undefined) {
    const at = port === undefined ? address : `${address}:${port}`;
    if (code === 'EADDRINUSE') return `${at} is taken by another process: choose another port`;
    return `can not listen on ${at}: ${code === 'EACCES' ? 'permission denied' : error.message}`;
  }
  if (code === 'ENOTFOUND' && hostname !== undefined) return `there is no host "${hostname}"`;
  return error.message;
}
