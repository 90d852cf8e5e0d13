import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/search/schema.ts',
  out: './migrations/search',
});
