-- The ledger of belay, version 2: a second person approves a run from another
-- host. Whose a row is says the server: its column login is not to be written.
CREATE TABLE belay.approval_request (
  id       pg_catalog.uuid        NOT NULL PRIMARY KEY,
  bound    pg_catalog.text        NOT NULL, -- a hash of the files, the database and the settings
  identity pg_catalog.text        NOT NULL,
  request  pg_catalog.text        NOT NULL, -- all that is shown, as JSON, secrets masked
  used_by  pg_catalog.text        ,         -- the run that it was for; NULL = none yet
  login    pg_catalog.name        NOT NULL DEFAULT session_user,
  at       pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now()
);

CREATE TABLE belay.approval (
  id         pg_catalog.uuid        NOT NULL PRIMARY KEY,
  request_id pg_catalog.uuid        NOT NULL REFERENCES belay.approval_request (id) ON DELETE CASCADE,
  approval   pg_catalog.text        NOT NULL, -- what a person wrote, as JSON
  login      pg_catalog.name        NOT NULL DEFAULT session_user,
  at         pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now()
);
