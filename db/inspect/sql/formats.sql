-- The spelling of each column type, once each: format_type is dear for 50,000 columns.
SELECT v.typ::bigint, v.mod, pg_catalog.format_type(v.typ::oid, v.mod)
FROM ROWS FROM (pg_catalog.unnest($1::bigint[]), pg_catalog.unnest($2::int[])) AS v(typ, mod)
