CREATE TABLE "accounts" (
	"tenant" text NOT NULL,
	"id" uuid NOT NULL,
	"reference" text,
	"asset" text NOT NULL,
	"status" text NOT NULL,
	"version" bigint NOT NULL,
	"debits_posted" numeric(38, 0) NOT NULL,
	"credits_posted" numeric(38, 0) NOT NULL,
	"debits_pending" numeric(38, 0) NOT NULL,
	"credits_pending" numeric(38, 0) NOT NULL,
	CONSTRAINT "accounts_tenant_id_pk" PRIMARY KEY("tenant","id")
);
--> statement-breakpoint
CREATE TABLE "day_sums" (
	"tenant" text NOT NULL,
	"account" uuid NOT NULL,
	"day" date NOT NULL,
	"debits" numeric(38, 0) NOT NULL,
	"credits" numeric(38, 0) NOT NULL,
	CONSTRAINT "day_sums_tenant_account_day_pk" PRIMARY KEY("tenant","account","day")
);
--> statement-breakpoint
CREATE TABLE "entries" (
	"tenant" text NOT NULL,
	"account" uuid NOT NULL,
	"effective_at" timestamp(3) with time zone NOT NULL,
	"version" bigint NOT NULL,
	"debits" numeric(38, 0) NOT NULL,
	"credits" numeric(38, 0) NOT NULL,
	CONSTRAINT "entries_tenant_account_effective_at_version_pk" PRIMARY KEY("tenant","account","effective_at","version")
);
--> statement-breakpoint
CREATE TABLE "open_parts" (
	"shard" integer NOT NULL,
	"transfer" uuid NOT NULL,
	"tenant" text NOT NULL,
	"coordinates" boolean NOT NULL,
	"effective_at" timestamp(3) with time zone,
	"in_transit" uuid[] NOT NULL,
	CONSTRAINT "open_parts_shard_transfer_pk" PRIMARY KEY("shard","transfer")
);
--> statement-breakpoint
CREATE TABLE "positions" (
	"shard" integer PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL,
	"hash" text NOT NULL,
	"time" timestamp(3) with time zone,
	"kafka_offset" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tags" (
	"tenant" text NOT NULL,
	"tag" uuid NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"transfer" uuid NOT NULL,
	CONSTRAINT "tags_tenant_tag_created_at_transfer_pk" PRIMARY KEY("tenant","tag","created_at","transfer")
);
--> statement-breakpoint
CREATE TABLE "transfers" (
	"tenant" text NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"status" text NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"ended_at" timestamp(3) with time zone,
	"effective_at" timestamp(3) with time zone,
	"reference" text,
	"metadata" jsonb,
	"parent" uuid,
	"legs" text NOT NULL,
	"hold" text,
	CONSTRAINT "transfers_tenant_id_pk" PRIMARY KEY("tenant","id")
);
--> statement-breakpoint
CREATE INDEX "accounts_reference" ON "accounts" USING btree ("tenant","reference" text_pattern_ops) WHERE "accounts"."reference" is not null;--> statement-breakpoint
CREATE INDEX "transfers_created" ON "transfers" USING btree ("tenant","created_at","id");--> statement-breakpoint
CREATE INDEX "transfers_effective" ON "transfers" USING btree ("tenant","effective_at");--> statement-breakpoint
CREATE INDEX "transfers_status" ON "transfers" USING btree ("tenant","status","created_at","id") WHERE "transfers"."status" <> 'posted';--> statement-breakpoint
CREATE INDEX "transfers_kind" ON "transfers" USING btree ("tenant","kind","created_at","id") WHERE "transfers"."kind" <> 'transfer';