-- One row a relation: 50,000 rows would cost more to send than to find. Not
-- sorted here either: that is cheaper where they are put together.
SELECT a.attrelid::bigint, pg_catalog.array_agg(a.attnum::int), pg_catalog.array_agg(a.attname::text),
       pg_catalog.array_agg(a.atttypid::bigint), pg_catalog.array_agg(a.atttypmod),
       pg_catalog.array_agg(a.attnotnull::int + a.attislocal::int * 16 + least(a.attinhcount, 1000) * 32 + CASE WHEN a.attidentity <> '' THEN 2 ELSE 0 END{{if ge .Version 12}}
         + CASE a.attgenerated WHEN 's' THEN 4 WHEN 'v' THEN 8 ELSE 0 END{{end}})
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {{.Ours}}{{if .Scoped}} AND a.attrelid = ANY ($1::oid[]){{end}}
GROUP BY a.attrelid
