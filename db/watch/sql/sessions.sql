-- Client backends of the whole server, transactions of this database.
SELECT (extract(epoch FROM pg_catalog.now()) * 1000000)::bigint,
       count(*) FILTER (WHERE a.backend_type = 'client backend' OR a.backend_type IS NULL AND a.usesysid IS NOT NULL),
       pg_catalog.current_setting('max_connections')::bigint,
       count(*) FILTER (WHERE a.state = 'active' AND a.backend_type = 'client backend'),
       count(*) FILTER (WHERE a.state LIKE 'idle in transaction%'),
       (SELECT count(*) FROM pg_catalog.pg_locks l WHERE NOT l.granted),
       coalesce(greatest(extract(epoch FROM pg_catalog.now() -
         min(a.xact_start) FILTER (WHERE a.backend_type = 'client backend')) * 1000, 0)::bigint, 0)
FROM pg_catalog.pg_stat_activity a
WHERE a.pid <> pg_catalog.pg_backend_pid()
