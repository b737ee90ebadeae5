-- One backend. Times are microseconds since 1970; NULL where the role may not see them.
SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint, a.pid,
       (extract(epoch FROM a.backend_start) * 1000000)::bigint, (extract(epoch FROM a.xact_start) * 1000000)::bigint,
       (extract(epoch FROM a.query_start) * 1000000)::bigint, (extract(epoch FROM a.state_change) * 1000000)::bigint,
       coalesce(a.application_name, ''), coalesce(a.usename::text, ''), coalesce(a.datname::text, ''),
       coalesce(pg_catalog.host(a.client_addr) || coalesce(':' || nullif(a.client_port, -1), ''), ''),
       coalesce(a.backend_type, ''), coalesce(a.state, ''), {{if ge . 13}}coalesce(a.leader_pid, 0){{else}}0{{end}},
       coalesce(a.query, ''),
       pg_catalog.octet_length(coalesce(a.query, '')) >= pg_catalog.pg_size_bytes(pg_catalog.current_setting('track_activity_query_size')) - 1,
       coalesce(a.backend_type = 'autovacuum worker' AND (a.query LIKE '%(to prevent wraparound)' OR EXISTS (
         SELECT FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
         WHERE l.pid = a.pid AND l.locktype = 'relation' AND l.granted AND l.mode = 'ShareUpdateExclusiveLock' AND c.relkind IN ('r', 'm', 't')
           AND pg_catalog.age(c.relfrozenxid) > pg_catalog.current_setting('autovacuum_freeze_max_age')::int)), false)
FROM pg_catalog.pg_stat_activity a WHERE a.pid = $1
