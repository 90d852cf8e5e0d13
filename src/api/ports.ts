import type { Origin } from '../domain/command.js';
import type { AccountId, TenantId, TransferId } from '../domain/ids.js';
import type { AccountAnswer, NewAccount, NewTransfer, TransferAnswer } from '../intake/requests.js';
import type { AccountView, EntryView, TransferView } from '../routing/views.js';

/** What the API needs of the ledger behind it. */
export interface IntakePort {
  openAccount(request: NewAccount, origin: Origin): Promise<AccountAnswer>;
  transfer(
    request: NewTransfer,
    origin: Origin,
    options: { readonly waitMs: number },
  ): Promise<TransferAnswer>;
}

export interface ReaderPort {
  account(tenant: TenantId, id: AccountId): Promise<AccountView | undefined>;
  entries(
    tenant: TenantId,
    id: AccountId,
    range: {
      readonly after: number;
      readonly upTo: number;
      readonly order: 'asc' | 'desc';
      readonly limit: number;
    },
  ): Promise<EntryView[] | undefined>;
  transfer(tenant: TenantId, id: TransferId): Promise<TransferView | undefined>;
}

export interface Caller {
  readonly keyId: string;
  readonly tenant: TenantId;
}

/** Each part of the node by name: `ok`, or what is wrong. */
export type ReadinessParts = Readonly<Record<string, string>>;

export interface ApiPorts {
  readonly intake: IntakePort;
  readonly reader: ReaderPort;
  /** Whose bearer token it is, if anybody's. */
  readonly ownerOf: (token: string) => Promise<Caller | undefined>;
  readonly readiness: () => Promise<{ readonly ready: boolean; readonly parts: ReadinessParts }>;
}
