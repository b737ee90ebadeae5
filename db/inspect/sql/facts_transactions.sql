-- Open transactions of this database, autovacuum aside, oldest first. $1 are names, as "schema.name".
SELECT a.pid, a.application_name, coalesce(a.usename::text, ''), coalesce(pg_catalog.host(a.client_addr), ''), coalesce(a.backend_type, ''),
       coalesce(a.state, ''),
       (extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start) * 1000)::bigint,
       coalesce((extract(epoch FROM pg_catalog.clock_timestamp() - a.state_change) * 1000)::bigint, -1),
       coalesce(a.wait_event_type || '/' || a.wait_event, ''), a.backend_xmin IS NOT NULL,
       coalesce(pg_catalog.left(a.query, 1000), ''),
       ARRAY(SELECT DISTINCT n.nspname || '.' || c.relname FROM pg_catalog.pg_locks l
             JOIN pg_catalog.pg_class c ON c.oid = l.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE l.pid = a.pid AND l.locktype = 'relation' AND l.database = a.datid AND n.nspname || '.' || c.relname = ANY ($1::text[]))
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = pg_catalog.current_database() AND a.xact_start IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid()
  AND a.backend_type IS DISTINCT FROM 'autovacuum worker'
ORDER BY a.xact_start LIMIT 100
