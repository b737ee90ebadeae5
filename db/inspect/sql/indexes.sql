SELECT c.oid::bigint, n.nspname::text, c.relname::text, c.relowner::bigint, i.indrelid::bigint,
       c.relpages::bigint, i.indisunique, i.indisprimary, i.indisvalid, i.indisready, i.indimmediate,
       i.indkey::text, {{if ge .Version 11}}i.indnkeyatts{{else}}i.indnatts{{end}}::int, m.amname::text,
       CASE WHEN i.indpred IS NOT NULL AND i.indrelid NOT IN ({{.Locked}}) THEN pg_catalog.pg_get_expr(i.indpred, i.indrelid) END,
       CASE WHEN i.indexprs IS NOT NULL AND i.indrelid NOT IN ({{.Locked}}) THEN pg_catalog.pg_get_expr(i.indexprs, i.indrelid) END,
       k.conname::text, i.indisclustered, CASE WHEN i.indrelid NOT IN ({{.Locked}}) THEN pg_catalog.pg_get_indexdef(c.oid) END,
       (SELECT p.spcname::text FROM pg_catalog.pg_tablespace p WHERE p.oid = coalesce(nullif(c.reltablespace, 0),
         (SELECT d.dattablespace FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())))
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_am m ON m.oid = c.relam
LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')
WHERE {{.Ours}}{{if .Scoped}} AND i.indrelid = ANY ($1::oid[]){{end}}
ORDER BY i.indrelid, c.oid
