import { hash } from 'node:crypto';

/** SHA-256 of an event's bytes (UTF-8), lower-case hex: the `prev` of the event after it. */
export const hashOf = (text: string): string => hash('sha256', text, 'hex');
