SELECT y.oid::bigint, n.nspname::text, y.typname::text, y.typtype::text,
       CASE WHEN y.typtype = 'd' THEN pg_catalog.format_type(y.typbasetype, y.typtypmod) END, y.typnotnull,
       CASE WHEN y.typtype = 'd' THEN coalesce(y.typdefault, '') ELSE '' END,
       ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = y.oid ORDER BY e.enumsortorder),
       y.typowner::bigint
FROM pg_catalog.pg_type y
JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
LEFT JOIN pg_catalog.pg_class c ON c.oid = y.typrelid
WHERE (y.typtype IN ('e', 'd') OR y.typtype = 'c' AND c.relkind = 'c') AND {{.Ours}}
