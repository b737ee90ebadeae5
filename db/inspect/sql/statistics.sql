SELECT s.stxrelid::bigint, n.nspname || '.' || s.stxname
FROM pg_catalog.pg_statistic_ext s
JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
WHERE {{.Ours}}{{if .Scoped}} AND s.stxrelid = ANY ($1::oid[]){{end}}
ORDER BY 1, 2
