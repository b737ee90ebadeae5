-- The ledger of belay, version 1: what a run, a backfill or a campaign must
-- find again from another host. Dropping schema belay removes all of it.
CREATE SCHEMA belay;

CREATE TABLE belay.meta (
  version     integer                NOT NULL PRIMARY KEY,
  created_at  pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  created_by  pg_catalog.text        NOT NULL DEFAULT current_user
);
CREATE UNIQUE INDEX meta_has_one_row ON belay.meta ((true));

CREATE TABLE belay.run (
  id            pg_catalog.uuid        NOT NULL PRIMARY KEY,
  identity      pg_catalog.text        NOT NULL, -- SYSTEM IDENTIFIER/DATABASE OID
  timeline      integer                NOT NULL, -- 0 = not known
  database      pg_catalog.text        NOT NULL,
  tool          pg_catalog.text        NOT NULL,
  migrations    pg_catalog.text[]      NOT NULL,
  plan_sha256   pg_catalog.text        NOT NULL,
  settings      pg_catalog.jsonb       NOT NULL,
  epoch         integer                NOT NULL, -- the fence: a take-over adds one
  owner         pg_catalog.text        NOT NULL, -- host, uid, pid
  state         pg_catalog.text        NOT NULL,
  opened_at     pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at    pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  belay_version pg_catalog.text        NOT NULL
);

CREATE TABLE belay.plan (
  run_id    pg_catalog.uuid  NOT NULL PRIMARY KEY REFERENCES belay.run (id) ON DELETE CASCADE,
  sql       pg_catalog.text  NOT NULL, -- the exact bytes
  answers   pg_catalog.jsonb NOT NULL,
  approvals pg_catalog.jsonb NOT NULL,
  waivers   pg_catalog.jsonb NOT NULL
);

CREATE TABLE belay.event (
  run_id pg_catalog.uuid        NOT NULL REFERENCES belay.run (id) ON DELETE CASCADE,
  seq    bigint                 NOT NULL,
  epoch  integer                NOT NULL,
  at     pg_catalog.timestamptz NOT NULL,
  by     pg_catalog.text        NOT NULL,
  step   pg_catalog.text        NOT NULL,
  kind   pg_catalog.text        NOT NULL,
  body   pg_catalog.jsonb       NOT NULL,
  PRIMARY KEY (run_id, seq)
);

CREATE TABLE belay.unit (
  run_id  pg_catalog.uuid        NOT NULL REFERENCES belay.run (id) ON DELETE CASCADE,
  unit    pg_catalog.text        NOT NULL,
  attempt integer                NOT NULL,
  epoch   integer                NOT NULL,
  sha256  pg_catalog.text        NOT NULL,
  state   pg_catalog.text        NOT NULL, -- intent, applied
  at      pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  PRIMARY KEY (run_id, unit)
);

CREATE TABLE belay.applied_file (
  identity          pg_catalog.text        NOT NULL,
  tool              pg_catalog.text        NOT NULL,
  version           pg_catalog.text        NOT NULL,
  name              pg_catalog.text        NOT NULL,
  sha256            pg_catalog.text        NOT NULL,
  normalised_sha256 pg_catalog.text        NOT NULL,
  environment       pg_catalog.text        NOT NULL,
  applied_at        pg_catalog.timestamptz , -- NULL = not known
  by                pg_catalog.text        NOT NULL,
  assumed           boolean                NOT NULL,
  PRIMARY KEY (identity, tool, version, name)
);

-- One row for each leaf of a partitioned table, one for a plain table. It is
-- rewritten with every batch, hence the free space in its pages.
CREATE TABLE belay.backfill (
  id               pg_catalog.uuid        NOT NULL,
  run_id           pg_catalog.uuid        NOT NULL REFERENCES belay.run (id),
  relation         pg_catalog.text        NOT NULL,
  leaf             pg_catalog.text        NOT NULL,
  table_oid        pg_catalog.oid         NOT NULL, -- of the leaf
  statement_sha256 pg_catalog.text        NOT NULL,
  key_cols         pg_catalog.text[]      NOT NULL,
  key_types        pg_catalog.text[]      NOT NULL,
  upper_key        pg_catalog.text[]      ,     -- NULL = the leaf was empty
  last_key         pg_catalog.text[]      ,     -- NULL = nothing done yet
  done_rows        bigint                 NOT NULL DEFAULT 0,
  batches          bigint                 NOT NULL DEFAULT 0,
  batch_rows       integer                NOT NULL,
  state            pg_catalog.text        NOT NULL, -- running, paused, passed, done
  reason           pg_catalog.text        NOT NULL DEFAULT '',
  epoch            integer                NOT NULL DEFAULT 1,
  started          pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated          pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  paused_ms        bigint                 NOT NULL DEFAULT 0,
  PRIMARY KEY (id, leaf)
) WITH (fillfactor = 40);

CREATE TABLE belay.campaign (
  id         pg_catalog.uuid        NOT NULL PRIMARY KEY,
  identity   pg_catalog.text        NOT NULL,
  timeline   integer                NOT NULL,
  playbook   pg_catalog.text        NOT NULL,
  objects    pg_catalog.text[]      NOT NULL,
  owner      pg_catalog.text        NOT NULL,
  not_before pg_catalog.timestamptz ,
  state      pg_catalog.text        NOT NULL
);

CREATE TABLE belay.phase (
  campaign_id pg_catalog.uuid        NOT NULL REFERENCES belay.campaign (id) ON DELETE CASCADE,
  n           integer                NOT NULL,
  objects     pg_catalog.text[]      NOT NULL,
  gates       pg_catalog.jsonb       NOT NULL,
  owner       pg_catalog.text        NOT NULL,
  not_before  pg_catalog.timestamptz ,
  state       pg_catalog.text        NOT NULL,
  PRIMARY KEY (campaign_id, n)
);

CREATE TABLE belay.evidence (
  id          pg_catalog.uuid        NOT NULL PRIMARY KEY,
  campaign_id pg_catalog.uuid        NOT NULL REFERENCES belay.campaign (id) ON DELETE CASCADE,
  n           integer                NOT NULL, -- the phase
  source      pg_catalog.text        NOT NULL,
  since       pg_catalog.timestamptz ,
  until       pg_catalog.timestamptz ,
  blind_spots pg_catalog.text[]      NOT NULL,
  verdict     pg_catalog.text        NOT NULL,
  waived_by   pg_catalog.text        NOT NULL DEFAULT ''
);
