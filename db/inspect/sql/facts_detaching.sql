{{if ge .Version 14}}SELECT pn.nspname || '.' || p.relname, n.nspname || '.' || c.relname,
       pn.nspname || '.' || p.relname = ANY ($1::text[]) OR n.nspname || '.' || c.relname = ANY ($1::text[])
FROM pg_catalog.pg_inherits i
JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class p ON p.oid = i.inhparent JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
WHERE i.inhdetachpending
ORDER BY 3 DESC, 2{{else}}SELECT '', '', false WHERE $1::text[] IS NULL -- CONCURRENTLY came with 14{{end}}
