-- What is only asked for by its name: functions of any kind, the server's own too;
-- types that types.sql leaves out; extensions; policies and rules with their table.
SELECT 'function', pg_catalog.count(*), n.nspname || '.' || p.proname
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace{{if .Scoped}}
WHERE p.proname = ANY ($2::name[]){{end}}
GROUP BY 3
UNION ALL
SELECT 'type', 0, n.nspname || '.' || y.typname
FROM pg_catalog.pg_type y JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
WHERE y.typtype IN ('b', 'r', 'm', 'p') AND y.typcategory <> 'A' AND {{.Ours}}
UNION ALL
SELECT 'extension', 0, e.extname::text FROM pg_catalog.pg_extension e
UNION ALL
SELECT 'policy', y.polrelid::bigint, y.polname::text FROM pg_catalog.pg_policy y{{if .Scoped}} WHERE y.polrelid = ANY ($1::oid[]){{end}}
UNION ALL
SELECT 'rule', w.ev_class::bigint, w.rulename::text
FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_class c ON c.oid = w.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE w.rulename <> '_RETURN' AND {{.Ours}}{{if .Scoped}} AND w.ev_class = ANY ($1::oid[]){{end}}
