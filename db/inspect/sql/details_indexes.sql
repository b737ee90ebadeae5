SELECT i.indrelid::bigint, n.nspname || '.' || c.relname, coalesce(s.spcname, '')::text,
       coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), ''), i.indisreplident,
       EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND coalesce(a.attstattarget, -1) >= 0)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
WHERE i.indrelid = ANY ($1::oid[])
