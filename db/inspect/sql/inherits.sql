SELECT i.inhrelid::bigint, i.inhparent::bigint
FROM pg_catalog.pg_inherits i
JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'i', 'I') AND {{.Ours}}{{if .Scoped}} AND i.inhrelid = ANY ($1::oid[]){{end}}
ORDER BY i.inhparent, i.inhseqno, i.inhrelid
