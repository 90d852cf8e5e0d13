import { createHash } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { TenantId } from '../domain/ids.js';
import { reaching } from '../storage/reaching.js';
import { apiKeys } from '../storage/schema/control.js';

export interface ApiKeyOwner {
  /** Public part of the key: names it in events and logs. */
  readonly keyId: string;
  readonly tenant: TenantId;
}

/** `sk_<id>_<secret>`: the id may be shown, the secret is 128 bits or more. */
const API_KEY = /^sk_([a-z0-9]{4,32})_([A-Za-z0-9_-]{22,128})$/;
const FORM =
  'an API key (SALDO_API_KEY) is sk_<id>_<secret>: an id of 4 to 32 of a-z 0-9, a secret of 22 to 128 of A-Z a-z 0-9 _ -';
const CACHE_MS = 60_000;

/** API keys are kept by the SHA-256 of their text, which is enough for secrets nobody can guess. */
export class ApiKeys {
  private readonly cache = new LRUCache<string, ApiKeyOwner>({ max: 10_000, ttl: CACHE_MS });

  constructor(private readonly control: pg.Pool) {}

  /** Keeps a key for a tenant; doing it again changes nothing. Throws if the key is malformed or another tenant's. */
  async create(tenant: TenantId, key: string): Promise<void> {
    const [, id] = API_KEY.exec(key) ?? [];
    if (id === undefined) throw new RangeError(FORM);
    const db = drizzle(this.control);
    await db
      .insert(apiKeys)
      .values({ id, tenant, secretHash: hash(key) })
      .onConflictDoNothing();
    const [kept] = await db.select().from(apiKeys).where(eq(apiKeys.id, id));
    if (kept?.tenant !== tenant || kept.secretHash !== hash(key))
      throw new Error(`the API key id ${id} is taken`);
  }

  async hasAny(tenant: TenantId): Promise<boolean> {
    const found = await drizzle(this.control)
      .select()
      .from(apiKeys)
      .where(eq(apiKeys.tenant, tenant))
      .limit(1);
    return found.length > 0;
  }

  /** Whose key it is; undefined for anything that is not one of ours. Known keys are looked up once a minute. */
  async ownerOf(key: string): Promise<ApiKeyOwner | undefined> {
    if (!API_KEY.test(key)) return undefined;
    const secretHash = hash(key);
    const known = this.cache.get(secretHash);
    if (known !== undefined) return known;
    const ask = drizzle(this.control).select().from(apiKeys).where(eq(apiKeys.secretHash, secretHash));
    const [row] = await reaching('the control database', async () => await ask);
    if (row === undefined) return undefined;
    const owner = { keyId: row.id, tenant: row.tenant as TenantId };
    this.cache.set(secretHash, owner);
    return owner;
  }
}

const hash = (key: string): string => createHash('sha256').update(key).digest('hex');
