SELECT p.partrelid::bigint, CASE p.partstrat WHEN 'r' THEN 'RANGE' WHEN 'l' THEN 'LIST' ELSE 'HASH' END,
       p.partattrs::text
FROM pg_catalog.pg_partitioned_table p
JOIN pg_catalog.pg_class c ON c.oid = p.partrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {{.Ours}}{{if .Scoped}} AND p.partrelid = ANY ($1::oid[]){{end}}
