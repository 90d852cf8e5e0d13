import type { StackAddresses } from './addresses.js';

/** What `saldo stack up` tells its supervisor, as one JSON argument. */
export interface SupervisorArguments {
  /** Absolute. */
  readonly dir: string;
  readonly shards: number;
  readonly ephemeralPorts: boolean;
}

/** What the supervisor tells while it starts. */
export type SupervisorMessage =
  | { readonly kind: 'progress'; readonly line: string }
  | { readonly kind: 'ready'; readonly addresses: StackAddresses; readonly reused: boolean }
  /** `forPerson`: whether the text is a StackError's sentence. */
  | { readonly kind: 'failed'; readonly text: string; readonly forPerson: boolean };
