package db

import "text/template"

// namedSQL finds oid and relkind of the relations whose names, as "schema.name",
// are in $1, a text[]. Each dot of a name may be the one between the two. It goes by
// the catalog's own indexes: a comparison of nspname || '.' || relname has none, and
// reads every row of pg_class with every sample (120,000 relations: 50 ms, so 1).
const namedSQL = `SELECT c.oid, c.relkind FROM (
    SELECT pg_catalog.left(w, p - 1)::name AS schema, pg_catalog.substr(w, p + 1)::name AS name
    FROM pg_catalog.unnest((SELECT $1::text[])) w, pg_catalog.generate_series(1, pg_catalog.length(w)) p
    WHERE pg_catalog.substr(w, p, 1) = '.') a
  JOIN pg_catalog.pg_namespace n ON n.nspname = a.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = a.name`

// SQLFuncs are what the .sql files of this folder's packages may call: {{named}} is
// a subquery of the relations that $1 names, with oid and relkind.
var SQLFuncs = template.FuncMap{"named": func() string { return namedSQL }}
