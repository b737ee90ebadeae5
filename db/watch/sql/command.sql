SELECT a.pid, coalesce((extract(epoch FROM a.backend_start) * 1000000)::bigint, 0), coalesce(a.application_name, ''),
       coalesce(a.usename::text, ''), coalesce(pg_catalog.host(a.client_addr), ''), coalesce(a.client_port, -1),
       coalesce(a.state, ''), coalesce(a.wait_event_type, ''),
       coalesce((extract(epoch FROM a.query_start) * 1000000)::bigint, 0),
       coalesce((extract(epoch FROM pg_catalog.clock_timestamp() - a.query_start) * 1000)::bigint, -1),
       coalesce((extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start) * 1000)::bigint, -1),
       coalesce(pg_catalog.left(a.query, 1000), '')
  FROM pg_catalog.pg_stat_activity AS a
 WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
   AND coalesce(a.backend_type, '') NOT IN ('parallel worker', 'autovacuum worker')
   AND (a.application_name = $1 OR a.client_port = ANY ($2::int[])
        OR a.usename = session_user AND a.application_name NOT LIKE 'belay/%'
           AND (extract(epoch FROM a.backend_start) * 1000000)::bigint >= $3)
 ORDER BY a.backend_start, a.pid
