-- What pg_stat_replication shows. The view itself reads every session of the server first.
SELECT coalesce(nullif(a.application_name, ''), pg_catalog.pg_get_userbyid(a.usesysid)::text, 'pid ' || r.pid), coalesce(r.state, ''),
       EXISTS (SELECT FROM pg_catalog.pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical'),
       coalesce((extract(epoch FROM r.replay_lag) * 1000)::bigint, -1),
       coalesce(CASE WHEN NOT pg_catalog.pg_is_in_recovery()
         THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn) END, -1)::bigint
FROM pg_catalog.pg_stat_get_wal_senders() r, LATERAL pg_catalog.pg_stat_get_activity(r.pid) a
ORDER BY 1
