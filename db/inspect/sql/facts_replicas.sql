SELECT coalesce(nullif(r.application_name, ''), r.usename::text, 'pid ' || r.pid), coalesce(r.state, ''),
       coalesce((extract(epoch FROM r.replay_lag) * 1000)::bigint, -1),
       coalesce(CASE WHEN NOT pg_catalog.pg_is_in_recovery()
         THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn) END, -1)::bigint
FROM pg_catalog.pg_stat_replication r
ORDER BY 1
