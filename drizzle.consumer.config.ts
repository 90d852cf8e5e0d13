import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/consumer/postgres/schema.ts',
  out: './migrations/consumer',
});
