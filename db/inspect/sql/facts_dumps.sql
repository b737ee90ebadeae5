-- pg_dump holds ACCESS SHARE on all it will read; a base backup takes I/O and WAL.
SELECT a.pid, a.application_name, coalesce(a.usename::text, ''),
       coalesce((extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(a.xact_start, a.backend_start)) * 1000)::bigint, -1), false
FROM pg_catalog.pg_stat_activity a
WHERE a.application_name LIKE 'pg\_dump%' AND a.datname = pg_catalog.current_database()
UNION ALL
SELECT a.pid, a.application_name, coalesce(a.usename::text, ''),
       coalesce((extract(epoch FROM pg_catalog.clock_timestamp() - a.backend_start) * 1000)::bigint, -1), true
FROM pg_catalog.pg_stat_activity a
WHERE {{if ge .Version 13}}a.pid IN (SELECT b.pid FROM pg_catalog.pg_stat_progress_basebackup b)
   OR {{end}}a.application_name LIKE 'pg\_basebackup%'
ORDER BY 4 DESC
