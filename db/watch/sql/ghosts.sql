SELECT a.pid, (extract(epoch FROM a.backend_start) * 1000000)::bigint, a.application_name,
       coalesce(a.usename::text, ''), coalesce(a.state, ''), coalesce(a.wait_event_type || '/' || a.wait_event, ''),
       coalesce((extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start) * 1000)::bigint, -1),
       coalesce(pg_catalog.left(a.query, 1000), '')
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
  AND pg_catalog.left(a.application_name, pg_catalog.length($1)) = $1
  AND pg_catalog.substr(a.application_name, pg_catalog.length($1) + 1, 1) <> '+'
ORDER BY a.backend_start, a.pid
