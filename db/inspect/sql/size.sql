SELECT coalesce(pg_catalog.sum(c.relpages::bigint), 0)::bigint * pg_catalog.current_setting('block_size')::bigint
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND {{.Ours}}
