-- Columns with another collation than their type's; 100 is "default".
SELECT a.attrelid::bigint, a.attnum::int, o.collname::text
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation
WHERE a.attcollation NOT IN (0, 100) AND a.attcollation <> y.typcollation
  AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {{.Ours}}{{if .Scoped}} AND a.attrelid = ANY ($1::oid[]){{end}}
