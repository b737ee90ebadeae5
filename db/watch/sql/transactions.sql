-- Who holds a snapshot or an open transaction in this database, oldest first:
-- what a concurrent build, and VACUUM, wait for.
SELECT a.pid, coalesce(a.application_name, ''), coalesce(a.usename, ''), coalesce(a.backend_type, ''), coalesce(a.state, ''),
       pg_catalog.abs(extract(epoch FROM pg_catalog.now() - a.xact_start) * 1000)::bigint, coalesce(pg_catalog.left(a.query, 1000), '')
FROM pg_catalog.pg_stat_activity a
WHERE a.xact_start IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid()
  AND a.datname = pg_catalog.current_database()
  AND {{others}}
  AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
ORDER BY a.xact_start
LIMIT 20
