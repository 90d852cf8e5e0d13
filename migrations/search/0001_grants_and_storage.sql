-- The feeder writes as saldo_posting, queries read as saldo_reader. TRUNCATE is for feeding it all again: nothing here is
-- the only copy of anything.
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE
   ON positions, transfers, tags, accounts, entries, day_sums, open_parts TO saldo_posting;
--> statement-breakpoint
GRANT SELECT ON positions, transfers, accounts, tags, entries, day_sums TO saldo_reader;
--> statement-breakpoint
-- Room on each page for the next version of a row, so that counting on touches no index.
ALTER TABLE accounts SET (fillfactor = 70);
--> statement-breakpoint
ALTER TABLE day_sums SET (fillfactor = 70);
--> statement-breakpoint
ALTER TABLE positions SET (fillfactor = 10);
