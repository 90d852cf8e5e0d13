import type { JournalEvent, LegData, PlanData } from './journal-event.js';

/** What is wrong with an event: which rule, what was expected, what was found. */
type Wrong = readonly [what: string, expected: string, found: string];

/** A transfer that waits for a person, as its event has it. */
export interface Review {
  readonly id: string;
  readonly tenant: string;
  readonly step: string;
  readonly legs: readonly LegData[];
  readonly plan: PlanData | undefined;
  readonly expires: string | undefined;
  readonly deadline: string | undefined;
  readonly row: string;
}

/**
 * Transfers in review: each is decided at most once, by an approval, a decline or its deadline; only then are its funds
 * posted, freed, or left set aside for what it becomes. Across shards what is approved is the plan that was reviewed.
 */
export class Reviews {
  private readonly open = new Map<string, Review>();
  /** Declined or past their deadline: they moved nothing. */
  private readonly refused = new Set<string>();
  /** What the event that is being read decides. */
  decided: Review | undefined;

  see(event: JournalEvent, transfer: string): Wrong | undefined {
    this.decided = undefined;
    const { type, data, tenant = '' } = event;
    if (type === 'saldo.transfer.review') return this.begin(event, transfer);
    const { reverses = '' } = data;
    if (this.open.has(reverses) || this.refused.has(reverses))
      return ['reversal', 'of a posted transfer', `${reverses}, which was not approved`];
    const id = type === 'saldo.review.expired' ? transfer : (data.review ?? '');
    if (!type.startsWith('saldo.review.')) return undefined;
    const known = this.open.get(id);
    if (known?.tenant !== tenant)
      return ['decision', `about a transfer of ${tenant} in review`, `none ${id}`];
    this.open.delete(id);
    this.decided = known;
    if (type !== 'saldo.review.approved') this.refused.add(id);
    const whole = known.step === 'try' ? known.plan : undefined;
    const [frozen, begun] = [whole, data.intent?.plan].map((plan) => JSON.stringify(plan));
    if (type === 'saldo.review.approved' && frozen !== begun)
      return ['plan of an approved transfer', frozen ?? 'none', begun ?? 'none'];
    return undefined;
  }

  /** As their rows in the shard are. */
  rows(): [string, string][] {
    return [...this.open.values()].map(({ id, row }) => [id, row]);
  }

  /** How many wait, and how many of them for longer than they should, at a moment. */
  waiting(at: string): { readonly open: number; readonly overdue: number } {
    const overdue = [...this.open.values()].filter(
      ({ deadline }) => deadline !== undefined && Date.parse(deadline) < Date.parse(at),
    );
    return { open: this.open.size, overdue: overdue.length };
  }

  private begin({ tenant = '', sequence, time, data }: JournalEvent, id: string): Wrong | undefined {
    const { step = '', legs = [], plan, deadline, escalate_at: escalates, expires_at: expires } = data;
    if (!['post', 'hold', 'try'].includes(step)) return ['step of a review', 'post, hold or try', step];
    // Of a hold there is one where its credits lie on other shards.
    if (step !== 'hold' && (step === 'try') !== (plan !== undefined))
      return ['plan of a review', step === 'try' ? 'one' : 'none', JSON.stringify(plan) ?? 'none'];
    const ms = (text: string | undefined) => (text === undefined ? 'none' : Date.parse(text));
    const row = [Number(sequence), tenant, ms(time), ms(deadline), ms(escalates)].join(' ');
    this.open.set(id, { id, tenant, step, legs, plan, expires, deadline, row });
    return undefined;
  }
}
