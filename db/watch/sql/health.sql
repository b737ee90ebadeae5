-- Counters of this database and who waits in it. Waits for no lock.
SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.datname = d.datname AND a.wait_event_type = 'Lock'),
       coalesce((SELECT (extract(epoch FROM pg_catalog.clock_timestamp() - min(a.query_start)) * 1000)::bigint
                 FROM pg_catalog.pg_stat_activity a WHERE a.datname = d.datname AND a.wait_event_type = 'Lock'), 0),
       d.xact_rollback, d.deadlocks,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.backend_type = 'client backend'),
       pg_catalog.current_setting('max_connections')::bigint
FROM pg_catalog.pg_stat_database d WHERE d.datname = pg_catalog.current_database()
