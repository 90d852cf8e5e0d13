import { totalmem } from 'node:os';

const MIB = 2 ** 20;

/** Room for the indexes of some millions of transfers, of which each commit touches random pages; a sixteenth of the machine's memory. */
export const sharedBuffersMiB = (totalBytes: number): number =>
  Math.min(2_048, Math.max(256, Math.floor(totalBytes / 16 / MIB)));

/**
 * The server's settings file. Durable: a commit is on the disk when it returns. Few full-page images: claims hash to
 * random pages, so checkpoints are rare and compressed. No limit on idle sessions here: who needs one sets it per session.
 */
export const postgresSettings = (
  totalBytes = totalmem(),
): string => `# Written by Saldo at every start; ALTER SYSTEM overrides it.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
fsync = on
synchronous_commit = on
full_page_writes = on
wal_compression = on
max_wal_size = '4GB'
min_wal_size = '128MB'
checkpoint_timeout = '15min'
checkpoint_completion_target = 0.9
shared_buffers = '${sharedBuffersMiB(totalBytes)}MB'
jit = off
idle_session_timeout = 0
idle_in_transaction_session_timeout = 0
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
`;
