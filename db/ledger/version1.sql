-- The ledger of belay, version 1: what a run, a backfill or a campaign must
-- find again from another host. Dropping schema belay removes all of it.
CREATE SCHEMA belay;

CREATE TABLE belay.meta (
  version     integer     NOT NULL PRIMARY KEY,
  created_at  timestamptz NOT NULL DEFAULT pg_catalog.now(),
  created_by  text        NOT NULL DEFAULT current_user
);
CREATE UNIQUE INDEX meta_has_one_row ON belay.meta ((true));

CREATE TABLE belay.run (
  id            uuid        NOT NULL PRIMARY KEY,
  identity      text        NOT NULL, -- SYSTEM IDENTIFIER/DATABASE OID
  timeline      integer     NOT NULL, -- 0 = not known
  database      text        NOT NULL,
  tool          text        NOT NULL,
  migrations    text[]      NOT NULL,
  plan_sha256   text        NOT NULL,
  settings      jsonb       NOT NULL,
  epoch         integer     NOT NULL, -- the fence: a take-over adds one
  owner         text        NOT NULL, -- host, uid, pid
  state         text        NOT NULL,
  opened_at     timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at    timestamptz NOT NULL DEFAULT pg_catalog.now(),
  belay_version text        NOT NULL
);

CREATE TABLE belay.plan (
  run_id    uuid  NOT NULL PRIMARY KEY REFERENCES belay.run (id) ON DELETE CASCADE,
  sql       text  NOT NULL, -- the exact bytes
  answers   jsonb NOT NULL,
  approvals jsonb NOT NULL,
  waivers   jsonb NOT NULL
);

CREATE TABLE belay.event (
  run_id uuid        NOT NULL REFERENCES belay.run (id) ON DELETE CASCADE,
  seq    bigint      NOT NULL,
  epoch  integer     NOT NULL,
  at     timestamptz NOT NULL,
  by     text        NOT NULL,
  step   text        NOT NULL,
  kind   text        NOT NULL,
  body   jsonb       NOT NULL,
  PRIMARY KEY (run_id, seq)
);

CREATE TABLE belay.unit (
  run_id  uuid        NOT NULL REFERENCES belay.run (id) ON DELETE CASCADE,
  unit    text        NOT NULL,
  attempt integer     NOT NULL,
  epoch   integer     NOT NULL,
  sha256  text        NOT NULL,
  state   text        NOT NULL, -- intent, applied
  at      timestamptz NOT NULL DEFAULT pg_catalog.now(),
  PRIMARY KEY (run_id, unit)
);

CREATE TABLE belay.applied_file (
  identity          text        NOT NULL,
  tool              text        NOT NULL,
  version           text        NOT NULL,
  name              text        NOT NULL,
  sha256            text        NOT NULL,
  normalised_sha256 text        NOT NULL,
  environment       text        NOT NULL,
  applied_at        timestamptz, -- NULL = not known
  by                text        NOT NULL,
  assumed           boolean     NOT NULL,
  PRIMARY KEY (identity, tool, version, name)
);

-- One row for each leaf of a partitioned table, one for a plain table. It is
-- rewritten with every batch, hence the free space in its pages.
CREATE TABLE belay.backfill (
  id               uuid        NOT NULL,
  run_id           uuid        NOT NULL REFERENCES belay.run (id),
  relation         text        NOT NULL,
  leaf             text        NOT NULL,
  table_oid        oid         NOT NULL, -- of the leaf
  statement_sha256 text        NOT NULL,
  key_cols         text[]      NOT NULL,
  key_types        text[]      NOT NULL,
  upper_key        text[],     -- NULL = the leaf was empty
  last_key         text[],     -- NULL = nothing done yet
  done_rows        bigint      NOT NULL DEFAULT 0,
  batches          bigint      NOT NULL DEFAULT 0,
  batch_rows       integer     NOT NULL,
  state            text        NOT NULL, -- running, paused, passed, done
  reason           text        NOT NULL DEFAULT '',
  epoch            integer     NOT NULL DEFAULT 1,
  started          timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated          timestamptz NOT NULL DEFAULT pg_catalog.now(),
  paused_ms        bigint      NOT NULL DEFAULT 0,
  PRIMARY KEY (id, leaf)
) WITH (fillfactor = 40);

CREATE TABLE belay.campaign (
  id         uuid        NOT NULL PRIMARY KEY,
  identity   text        NOT NULL,
  timeline   integer     NOT NULL,
  playbook   text        NOT NULL,
  objects    text[]      NOT NULL,
  owner      text        NOT NULL,
  not_before timestamptz,
  state      text        NOT NULL
);

CREATE TABLE belay.phase (
  campaign_id uuid        NOT NULL REFERENCES belay.campaign (id) ON DELETE CASCADE,
  n           integer     NOT NULL,
  objects     text[]      NOT NULL,
  gates       jsonb       NOT NULL,
  owner       text        NOT NULL,
  not_before  timestamptz,
  state       text        NOT NULL,
  PRIMARY KEY (campaign_id, n)
);

CREATE TABLE belay.evidence (
  id          uuid        NOT NULL PRIMARY KEY,
  campaign_id uuid        NOT NULL REFERENCES belay.campaign (id) ON DELETE CASCADE,
  n           integer     NOT NULL, -- the phase
  source      text        NOT NULL,
  since       timestamptz,
  until       timestamptz,
  blind_spots text[]      NOT NULL,
  verdict     text        NOT NULL,
  waived_by   text        NOT NULL DEFAULT ''
);
