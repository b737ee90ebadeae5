SELECT d.adrelid::bigint, d.adnum::int, pg_catalog.pg_get_expr(d.adbin, d.adrelid)
FROM pg_catalog.pg_attrdef d
JOIN pg_catalog.pg_class c ON c.oid = d.adrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE d.adrelid NOT IN ({{.Locked}}) AND {{.Ours}}{{if .Scoped}} AND d.adrelid = ANY ($1::oid[]){{end}}
