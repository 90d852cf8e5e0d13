-- The journal starts before its first event.
INSERT INTO head (seq, hash, time, epoch, writer_version)
VALUES (0, decode(repeat('00', 32), 'hex'), '1970-01-01T00:00:00Z', 1, 1);
--> statement-breakpoint
-- One commit for a whole batch. First the compare-and-swap of the head: it raises unless the head is exactly the one
-- the batch was computed from, so nothing computed from anything else can ever be committed. Then set-based appends,
-- each with its row count checked, so that a short parameter can not make a partial write.
--   SA001 the head moved   SA002 this writer is too old   SA003 the writer's clock is ahead
--   SA004 another epoch    SA005 a row count is wrong       SA006 a key taken for new was used before
-- Texts come joined by line breaks and are split here: text[] costs the driver ten times as much to escape.
CREATE FUNCTION saldo_append(
  p_seq bigint, p_hash bytea, p_epoch integer, p_writer integer,
  p_new_seq bigint, p_new_hash bytea, p_new_time timestamptz, p_new_writer integer,
  p_bodies text, p_tenants text[],
  e_account uuid[], e_version bigint[], e_seq bigint[], e_ordinal smallint[], e_tenant text[],
  e_debits_posted numeric[], e_credits_posted numeric[], e_debits_pending numeric[], e_credits_pending numeric[],
  s_id uuid[], s_step smallint[], s_tenant text[], s_seq bigint[],
  l_parent uuid[], l_seq bigint[], l_tenant text[],
  i_seq bigint[], i_transfer uuid[], i_tenant text[], i_route text[], i_deadline timestamptz[], i_ended uuid[],
  h_transfer uuid[], h_tenant text[], h_expires timestamptz[], h_ended uuid[],
  p_rare jsonb, p_fresh uuid[]
) RETURNS void LANGUAGE plpgsql
-- Its plans are made while the tables are small and kept while they grow: nothing here may ever read a whole table.
SET enable_seqscan = off
AS $$
DECLARE
  h head%ROWTYPE;
  n bigint;
  changed jsonb := p_rare -> 'changed';
BEGIN
  -- Waits for whoever is committing, and sees what they have left: a batch may come here while the one that it was
  -- computed on top of is still being written.
  SELECT * INTO STRICT h FROM head FOR UPDATE;
  IF h.writer_version > p_writer THEN
    RAISE 'the shard needs writer version %, this node writes %', h.writer_version, p_writer USING ERRCODE = 'SA002';
  ELSIF h.epoch <> p_epoch THEN
    RAISE 'the shard is at epoch %, this node was told %', h.epoch, p_epoch USING ERRCODE = 'SA004';
  ELSIF h.seq <> p_seq OR h.hash <> p_hash OR h.time > p_new_time THEN
    RAISE 'the head is at %, the batch was computed from %', h.seq, p_seq USING ERRCODE = 'SA001';
  END IF;
  UPDATE head SET seq = p_new_seq, hash = p_new_hash, time = p_new_time, writer_version = p_new_writer;
  IF p_new_time > clock_timestamp() + interval '2 seconds' THEN
    RAISE 'the batch is of %, but it is %', p_new_time, clock_timestamp() USING ERRCODE = 'SA003';
  END IF;

  INSERT INTO events (seq, tenant, body)
  SELECT p_seq + t.ord, t.tenant, t.body
    FROM ROWS FROM (string_to_table(p_bodies, E'\n'), unnest(p_tenants)) WITH ORDINALITY AS t (body, tenant, ord);
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n <> p_new_seq - p_seq THEN
    RAISE '% events for % sequences', n, p_new_seq - p_seq USING ERRCODE = 'SA005';
  END IF;

  IF cardinality(e_account) > 0 THEN
    INSERT INTO entries (account, version, seq, at, ordinal, tenant,
                         debits_posted, credits_posted, debits_pending, credits_pending)
    SELECT a, v, s, p_new_time, o, t, dp, cp, dn, cn
      FROM unnest(e_account, e_version, e_seq, e_ordinal, e_tenant,
                  e_debits_posted, e_credits_posted, e_debits_pending, e_credits_pending)
           AS u (a, v, s, o, t, dp, cp, dn, cn);
  END IF;

  -- What the batch takes to be new without having asked: here nobody can come in between, and it costs no round trip.
  IF cardinality(p_fresh) > 0 AND EXISTS (SELECT FROM steps WHERE id = ANY (p_fresh)) THEN
    RAISE 'a key that was taken for a new one was used before' USING ERRCODE = 'SA006';
  END IF;
  IF cardinality(s_id) > 0 THEN
    INSERT INTO steps (id, step, tenant, seq) SELECT * FROM unnest(s_id, s_step, s_tenant, s_seq);
  END IF;
  IF cardinality(l_parent) > 0 THEN
    INSERT INTO links (parent, seq, tenant) SELECT * FROM unnest(l_parent, l_seq, l_tenant);
  END IF;

  IF cardinality(i_seq) > 0 THEN
    INSERT INTO open_intents (seq, transfer, tenant, route, deadline)
    SELECT * FROM unnest(i_seq, i_transfer, i_tenant, i_route, i_deadline);
  END IF;
  IF cardinality(i_ended) > 0 THEN
    DELETE FROM open_intents WHERE transfer = ANY (i_ended);
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n <> cardinality(i_ended) THEN
      RAISE '% open intents for % ended transfers', n, cardinality(i_ended) USING ERRCODE = 'SA005';
    END IF;
  END IF;

  IF cardinality(h_transfer) > 0 THEN
    INSERT INTO open_holds (transfer, tenant, expires) SELECT * FROM unnest(h_transfer, h_tenant, h_expires);
  END IF;
  IF cardinality(h_ended) > 0 THEN
    DELETE FROM open_holds WHERE transfer = ANY (h_ended);
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n <> cardinality(h_ended) THEN
      RAISE '% open holds for % ended ones', n, cardinality(h_ended) USING ERRCODE = 'SA005';
    END IF;
  END IF;

  -- What most batches have none of: an object with an array of rows under each name, or null.
  IF p_rare ? 'accounts' THEN
    INSERT INTO accounts (id, tenant, bucket, kind, asset, status, min_balance, max_balance, metadata, reference,
                          peer, seq)
    SELECT id, tenant, bucket, kind, asset, 'open', min_balance, max_balance, metadata, reference, peer, seq
      FROM jsonb_to_recordset(p_rare -> 'accounts') AS a (id uuid, tenant text, bucket smallint, kind text, asset text,
           min_balance numeric, max_balance numeric, metadata text, reference text, peer integer, seq bigint);
  END IF;
  -- What is absent stays; a limit that is null is none. One row for each account, whatever the batch did to it.
  IF changed IS NOT NULL THEN
    UPDATE accounts a
       SET status = coalesce(c ->> 'status', a.status),
           review_debits = coalesce((c ->> 'review_debits')::boolean, a.review_debits),
           min_balance = CASE WHEN c ? 'min_balance' THEN (c ->> 'min_balance')::numeric ELSE a.min_balance END,
           max_balance = CASE WHEN c ? 'max_balance' THEN (c ->> 'max_balance')::numeric ELSE a.max_balance END,
           metadata = coalesce(c ->> 'metadata', a.metadata)
      FROM jsonb_array_elements(changed) AS c
     WHERE a.id = (c ->> 'id')::uuid;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n <> jsonb_array_length(changed) THEN
      RAISE '% accounts for % changes', n, jsonb_array_length(changed) USING ERRCODE = 'SA005';
    END IF;
  END IF;
  IF p_rare ? 'schedules' THEN
    INSERT INTO schedules (id, tenant, bucket, once, seq, settled, due, canceled)
    SELECT id, tenant, bucket, once, seq, 0, due, false
      FROM jsonb_to_recordset(p_rare -> 'schedules') AS s (id uuid, tenant text, bucket smallint, once boolean, seq bigint,
           due timestamptz);
  END IF;
  -- Only from where the batch took it to be, and only while something is still to come.
  IF p_rare ? 'advanced' THEN
    UPDATE schedules s SET settled = a.settled, due = a.due, canceled = a.canceled
      FROM jsonb_to_recordset(p_rare -> 'advanced') AS a (id uuid, "from" integer, settled integer, due timestamptz,
           canceled boolean)
     WHERE s.id = a.id AND s.settled = a."from" AND s.due IS NOT NULL;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n <> jsonb_array_length(p_rare -> 'advanced') THEN
      RAISE '% schedules for % that advance', n, jsonb_array_length(p_rare -> 'advanced') USING ERRCODE = 'SA005';
    END IF;
  END IF;
  IF p_rare ? 'reviews' THEN
    INSERT INTO open_reviews (seq, transfer, tenant, opened, deadline, escalates)
    SELECT seq, transfer, tenant, p_new_time, deadline, escalates
      FROM jsonb_to_recordset(p_rare -> 'reviews') AS r (seq bigint, transfer uuid, tenant text, deadline timestamptz,
           escalates timestamptz);
  END IF;
  IF p_rare ? 'decided' THEN
    DELETE FROM open_reviews WHERE transfer IN
           (SELECT transfer FROM jsonb_to_recordset(p_rare -> 'decided') AS d (transfer uuid));
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n <> jsonb_array_length(p_rare -> 'decided') THEN
      RAISE '% open reviews for % decided', n, jsonb_array_length(p_rare -> 'decided') USING ERRCODE = 'SA005';
    END IF;
  END IF;
  IF p_rare ? 'tenants' THEN
    INSERT INTO tenants (id, placement, seq)
    SELECT id, placement, seq FROM jsonb_to_recordset(p_rare -> 'tenants') AS t (id text, placement text, seq bigint);
  END IF;
  IF p_rare ? 'identity' THEN
    INSERT INTO identity (shard, cluster, buckets)
    SELECT shard, cluster, buckets
      FROM jsonb_to_recordset(p_rare -> 'identity') AS i (shard integer, cluster text, buckets text);
  END IF;

  IF p_rare ? 'signing_keys' THEN
    INSERT INTO signing_keys (seq, id)
    SELECT seq, id FROM jsonb_to_recordset(p_rare -> 'signing_keys') AS k (seq bigint, id text);
  END IF;
  IF p_rare ? 'checkpoints' THEN
    INSERT INTO checkpoints (seq, number, first, last, root)
    SELECT seq, number, first, last, root
      FROM jsonb_to_recordset(p_rare -> 'checkpoints') AS c (seq bigint, number integer, first bigint, last bigint, root text);
  END IF;

  -- Wakes the relay, the pump and whoever waits for a transfer's end; sent when the commit is done.
  PERFORM pg_notify('saldo_head', p_new_seq::text);
END $$;
--> statement-breakpoint
-- Written once. The grants below keep the posting role from trying; this keeps everybody else from doing it by mistake.
CREATE FUNCTION saldo_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
--> statement-breakpoint
DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['events', 'entries', 'steps', 'links', 'signing_keys', 'checkpoints'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I
                    FOR EACH ROW EXECUTE FUNCTION saldo_append_only()', t);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I
                    FOR EACH STATEMENT EXECUTE FUNCTION saldo_append_only()', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['events', 'entries', 'steps', 'links', 'accounts', 'open_intents', 'open_holds', 'open_reviews', 'schedules']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY posting ON %I TO saldo_posting USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY own_tenant ON %I FOR SELECT TO saldo_reader
                    USING (tenant = current_setting(''saldo.tenant'', true))', t);
    EXECUTE format('GRANT SELECT ON %I TO saldo_posting, saldo_reader', t);
    EXECUTE format('GRANT INSERT ON %I TO saldo_posting', t);
  END LOOP;
END $$;
--> statement-breakpoint
GRANT SELECT, UPDATE ON head TO saldo_posting;
GRANT SELECT ON head TO saldo_reader;
GRANT SELECT, INSERT ON identity, tenants, signing_keys, checkpoints TO saldo_posting;
GRANT DELETE ON open_intents, open_holds, open_reviews TO saldo_posting;
GRANT UPDATE (settled, due, canceled) ON schedules TO saldo_posting;
GRANT UPDATE (status, review_debits, min_balance, max_balance, metadata) ON accounts TO saldo_posting;
REVOKE EXECUTE ON FUNCTION saldo_append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION saldo_append TO saldo_posting;
--> statement-breakpoint
-- The version of an account's last entry at or before a booking time, 0 if it had none: times never go backwards with
-- the version, so it is found by halving, one index lookup a step.
CREATE FUNCTION saldo_version_at(p_account uuid, p_at timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  low bigint := 0;
  high bigint;
  middle bigint;
  booked timestamptz;
BEGIN
  SELECT version INTO high FROM entries WHERE account = p_account ORDER BY version DESC LIMIT 1;
  high := coalesce(high, 0);
  WHILE low < high LOOP
    middle := (low + high + 1) / 2;
    SELECT at INTO STRICT booked FROM entries WHERE account = p_account AND version = middle;
    IF booked <= p_at THEN
      low := middle;
    ELSE
      high := middle - 1;
    END IF;
  END LOOP;
  RETURN low;
END $$;
