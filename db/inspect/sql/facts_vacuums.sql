SELECT p.pid, n.nspname || '.' || c.relname, p.command, p.phase, coalesce(a.backend_type = 'autovacuum worker', false),
       coalesce(a.backend_type = 'autovacuum worker' AND p.command = 'VACUUM' AND (a.query LIKE '%(to prevent wraparound)'
         OR pg_catalog.age(c.relfrozenxid) > pg_catalog.current_setting('autovacuum_freeze_max_age')::int), false),
       coalesce((extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start) * 1000)::bigint, -1),
       coalesce(p.done, 0), coalesce(p.total, 0), n.nspname || '.' || c.relname = ANY ($1::text[])
FROM (SELECT v.pid, v.relid, 'VACUUM' AS command, v.phase, v.heap_blks_scanned AS done, v.heap_blks_total AS total, v.datname
      FROM pg_catalog.pg_stat_progress_vacuum v
      {{if ge .Version 13}}UNION ALL
      SELECT y.pid, y.relid, 'ANALYZE', y.phase, y.sample_blks_scanned, y.sample_blks_total, y.datname
      FROM pg_catalog.pg_stat_progress_analyze y{{end}}) p
JOIN pg_catalog.pg_class c ON c.oid = p.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = p.pid
WHERE p.datname = pg_catalog.current_database()
ORDER BY 10 DESC, 2
