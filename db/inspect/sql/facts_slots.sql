SELECT s.slot_name::text, s.slot_type, coalesce(s.database::text, ''), s.active,
       coalesce(CASE WHEN NOT pg_catalog.pg_is_in_recovery()
         THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn) END, -1)::bigint,
       greatest(coalesce(pg_catalog.age(s.xmin), 0), coalesce(pg_catalog.age(s.catalog_xmin), 0))
FROM pg_catalog.pg_replication_slots s
ORDER BY 1
