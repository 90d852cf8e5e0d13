CREATE SCHEMA IF NOT EXISTS "saldo_consumer";
--> statement-breakpoint
CREATE TABLE "saldo_consumer"."parked" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"group_name" text NOT NULL,
	"shard" integer NOT NULL,
	"seq" bigint,
	"kafka_offset" bigint NOT NULL,
	"reason" text NOT NULL,
	"body" text NOT NULL,
	"parked_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "saldo_consumer"."positions" (
	"group_name" text NOT NULL,
	"shard" integer NOT NULL,
	"token" bigint NOT NULL,
	"held_by" text,
	"seq" bigint,
	"hash" text NOT NULL,
	"kafka_offset" bigint NOT NULL,
	"moved_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "positions_group_name_shard_pk" PRIMARY KEY("group_name","shard")
);
