CREATE TABLE "accounts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"bucket" smallint,
	"kind" text NOT NULL,
	"asset" text NOT NULL,
	"status" text NOT NULL,
	"review_debits" boolean DEFAULT false NOT NULL,
	"min_balance" numeric(38, 0),
	"max_balance" numeric(38, 0),
	"metadata" text NOT NULL,
	"reference" text,
	"peer" integer,
	"seq" bigint NOT NULL,
	CONSTRAINT "accounts_finite" CHECK ("accounts"."min_balance" <> 'NaN' and "accounts"."max_balance" <> 'NaN')
);
--> statement-breakpoint
CREATE TABLE "checkpoints" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"number" integer NOT NULL,
	"first" bigint NOT NULL,
	"last" bigint NOT NULL,
	"root" text NOT NULL,
	CONSTRAINT "checkpoints_number_unique" UNIQUE("number"),
	CONSTRAINT "checkpoints_last_unique" UNIQUE("last")
);
--> statement-breakpoint
CREATE TABLE "entries" (
	"account" uuid NOT NULL,
	"version" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"ordinal" smallint NOT NULL,
	"tenant" text NOT NULL,
	"debits_posted" numeric(38, 0) NOT NULL,
	"credits_posted" numeric(38, 0) NOT NULL,
	"debits_pending" numeric(38, 0) NOT NULL,
	"credits_pending" numeric(38, 0) NOT NULL,
	CONSTRAINT "entries_account_version_pk" PRIMARY KEY("account","version"),
	CONSTRAINT "entries_counters" CHECK ("entries"."debits_posted" >= 0 and "entries"."credits_posted" >= 0 and "entries"."debits_pending" >= 0 and "entries"."credits_pending" >= 0
        and "entries"."debits_posted" <> 'NaN' and "entries"."credits_posted" <> 'NaN' and "entries"."debits_pending" <> 'NaN' and "entries"."credits_pending" <> 'NaN')
);
--> statement-breakpoint
CREATE TABLE "events" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"tenant" text,
	"body" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "head" (
	"one" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"seq" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	"time" timestamp(3) with time zone NOT NULL,
	"epoch" integer NOT NULL,
	"writer_version" integer NOT NULL,
	CONSTRAINT "head_one_row" CHECK ("head"."one")
);
--> statement-breakpoint
CREATE TABLE "identity" (
	"one" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"shard" integer NOT NULL,
	"cluster" text NOT NULL,
	"buckets" text NOT NULL,
	CONSTRAINT "identity_one_row" CHECK ("identity"."one")
);
--> statement-breakpoint
CREATE TABLE "links" (
	"parent" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"tenant" text NOT NULL,
	CONSTRAINT "links_parent_seq_pk" PRIMARY KEY("parent","seq")
);
--> statement-breakpoint
CREATE TABLE "open_holds" (
	"transfer" uuid PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"expires" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "open_intents" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"transfer" uuid NOT NULL,
	"tenant" text NOT NULL,
	"route" text NOT NULL,
	"deadline" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "open_intents_transfer_unique" UNIQUE("transfer")
);
--> statement-breakpoint
CREATE TABLE "open_reviews" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"transfer" uuid NOT NULL,
	"tenant" text NOT NULL,
	"opened" timestamp(3) with time zone NOT NULL,
	"deadline" timestamp(3) with time zone,
	"escalates" timestamp(3) with time zone,
	CONSTRAINT "open_reviews_transfer_unique" UNIQUE("transfer")
);
--> statement-breakpoint
CREATE TABLE "schedules" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"bucket" smallint NOT NULL,
	"once" boolean NOT NULL,
	"seq" bigint NOT NULL,
	"settled" integer NOT NULL,
	"due" timestamp(3) with time zone,
	"canceled" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "signing_keys" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "steps" (
	"id" uuid NOT NULL,
	"step" smallint NOT NULL,
	"tenant" text NOT NULL,
	"seq" bigint NOT NULL,
	CONSTRAINT "steps_id_step_pk" PRIMARY KEY("id","step")
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" text PRIMARY KEY NOT NULL,
	"placement" text NOT NULL,
	"seq" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "entries_seq" ON "entries" USING brin ("seq") WITH (autosummarize=true,pages_per_range=32);--> statement-breakpoint
CREATE INDEX "open_holds_expires" ON "open_holds" USING btree ("expires");--> statement-breakpoint
CREATE INDEX "open_reviews_tenant" ON "open_reviews" USING btree ("tenant","opened","transfer");--> statement-breakpoint
CREATE INDEX "open_reviews_deadline" ON "open_reviews" USING btree ("deadline");--> statement-breakpoint
CREATE INDEX "schedules_due" ON "schedules" USING btree ("due") WHERE "schedules"."due" is not null;--> statement-breakpoint
CREATE INDEX "schedules_tenant" ON "schedules" USING btree ("tenant","id");--> statement-breakpoint
CREATE INDEX "steps_seq" ON "steps" USING brin ("seq") WITH (autosummarize=true,pages_per_range=32);