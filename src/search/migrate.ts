import { migrateDatabase } from '../storage/migrate.js';

/** Brings the search database to this release's schema; as safe to repeat as it is for the others. */
export async function migrateSearch(url: string): Promise<void> {
  await migrateDatabase(url, 'search');
}
