-- WAL counts to where this server has it: on a standby, to where it has replayed.
SELECT s.slot_name::text, s.slot_type = 'logical', s.active,
       CASE WHEN s.restart_lsn IS NULL THEN -1 ELSE greatest(pg_catalog.pg_wal_lsn_diff(CASE WHEN pg_catalog.pg_is_in_recovery()
         THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END, s.restart_lsn), 0) END::bigint,
       {{if ge . 13}}coalesce(s.wal_status = 'lost', false){{else}}false{{end}},
       s.xmin IS NOT NULL OR s.catalog_xmin IS NOT NULL
FROM pg_catalog.pg_replication_slots s
ORDER BY 4 DESC, 1 LIMIT 20
