import type { Entry } from '../domain/account.js';
import type { Claim } from '../domain/claim.js';
import type { AccountOpened, LedgerEvent } from '../domain/event.js';
import { bucketOf, type TransferId } from '../domain/ids.js';
import type { Plan, Step, StepResult } from '../domain/transfer.js';
import { fieldsText } from '../storage/statements/read-claims.js';
import { arrayLiteral, resultCode, stepCode, uuidOf } from '../storage/wire.js';

/** Collects the rows that a batch's events make, column by column, for one set-based append. */
export class BatchRows {
  private readonly bodies: string[] = [];
  private readonly tenants: string[] = [];
  private readonly entries = columns(9);
  private readonly claims = columns(9);
  private readonly steps = columns(6);
  private readonly intents = columns(5);
  private readonly ended: string[] = [];
  private readonly accounts: Record<string, unknown>[] = [];
  private readonly openedTenants: Record<string, unknown>[] = [];
  private identity: Record<string, unknown> | null = null;

  /** `coordinates`: whether this shard holds the intent of the event's transfer. */
  add(event: LedgerEvent, seq: number, body: string, shard: number, coordinates: boolean): void {
    this.bodies.push(body);
    this.tenants.push('tenant' in event ? event.tenant : 'NULL');
    if ('claim' in event && event.claim !== undefined) this.addClaim(event.claim, seq);
    if ('entries' in event) this.addEntries(event.entries, event.tenant, seq);
    switch (event.type) {
      case 'shard.opened':
        this.identity = { shard, cluster: event.cluster, buckets: JSON.stringify(event.buckets) };
        return;
      case 'tenant.created':
        this.openedTenants.push({ id: event.tenant, placement: event.placement, seq });
        return;
      case 'account.opened':
        this.addAccount(event, seq);
        return;
      case 'transfer.posted':
        this.addStep(event, 'post', 'done', false, seq);
        return;
      case 'transfer.pivoted':
        this.addStep(event, 'pivot', 'done', false, seq);
        return;
      case 'transfer.tried':
        if (event.intent !== undefined) this.addIntent(event, event.intent, seq);
        this.addStep(event, 'try', 'done', coordinates, seq);
        return;
      case 'transfer.rejected':
        this.addStep(event, event.step, 'rejected', event.intent !== undefined, seq);
        return;
      case 'transfer.confirmed':
        if (coordinates) this.ended.push(uuidOf(event.transfer));
        this.addStep(event, 'confirm', 'done', coordinates, seq);
        return;
      case 'transfer.canceled':
        if (coordinates) this.ended.push(uuidOf(event.transfer));
        this.addStep(event, 'cancel', event.tombstone ? 'tombstone' : 'done', coordinates, seq);
        return;
    }
  }

  get size(): number {
    return this.bodies.length;
  }

  /** In the order of saldo_append's parameters. */
  columns(): (string | null)[] {
    const [id, tenant, namespace, keys, subject, form, request, fields, seq] = this.claims;
    return [
      this.bodies.join('\n'),
      arrayLiteral(this.tenants),
      ...this.entries.map(arrayLiteral),
      ...[id, tenant, namespace].map(literal),
      (keys ?? []).join('\n'),
      ...[subject, form, request].map(literal),
      (fields ?? []).join('\n'),
      literal(seq),
      ...this.steps.map(arrayLiteral),
      ...this.intents.map(arrayLiteral),
      arrayLiteral(this.ended),
      this.accounts.length > 0 ? JSON.stringify(this.accounts) : null,
      this.openedTenants.length > 0 ? JSON.stringify(this.openedTenants) : null,
      this.identity === null ? null : JSON.stringify(this.identity),
    ];
  }

  private addEntries(entries: readonly Entry[], tenant: string, seq: number): void {
    entries.forEach(({ account, version, after }, ordinal) => {
      const { debitsPosted, creditsPosted, debitsPending, creditsPending } = after;
      push(this.entries, [
        uuidOf(account),
        version,
        seq,
        ordinal,
        tenant,
        debitsPosted.toString(),
        creditsPosted.toString(),
        debitsPending.toString(),
        creditsPending.toString(),
      ]);
    });
  }

  private addClaim({ id, tenant, namespace, key, subject, form, request, fields }: Claim, seq: number): void {
    push(this.claims, [uuidOf(id), tenant, namespace, key, subject, form, request, fieldsText(fields), seq]);
  }

  private addAccount(event: AccountOpened, seq: number): void {
    const { account, tenant, kind, asset, limits, metadata, peer = null } = event;
    this.accounts.push({
      id: uuidOf(account),
      tenant,
      bucket: kind === 'in_transit' ? null : bucketOf(account),
      kind,
      asset,
      status: 'open',
      min_balance: limits.minBalance?.toString() ?? null,
      max_balance: limits.maxBalance?.toString() ?? null,
      metadata: JSON.stringify(metadata),
      peer,
      seq,
    });
  }

  private addStep(
    { transfer, tenant }: { transfer: TransferId; tenant: string },
    step: Step,
    result: StepResult,
    coordinates: boolean,
    seq: number,
  ): void {
    push(this.steps, [uuidOf(transfer), stepCode(step), resultCode(result), coordinates, tenant, seq]);
  }

  private addIntent(
    { transfer, tenant }: { transfer: TransferId; tenant: string },
    { plan, deadline }: { plan: Plan; deadline: string },
    seq: number,
  ): void {
    const route = [plan.coordinator, ...plan.participants].join('>');
    push(this.intents, [seq, uuidOf(transfer), tenant, route, `"${deadline}"`]);
  }
}

type Cell = string | number | boolean;

const columns = (count: number): Cell[][] => Array.from({ length: count }, () => []);
function push(into: Cell[][], row: readonly Cell[]): void {
  for (const [i, cell] of row.entries()) into[i]?.push(cell);
}
const literal = (column: Cell[] | undefined): string => arrayLiteral(column ?? []);
