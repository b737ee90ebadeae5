SELECT p.gid, p.owner::text, p.database::text, (extract(epoch FROM pg_catalog.clock_timestamp() - p.prepared) * 1000)::bigint
FROM pg_catalog.pg_prepared_xacts p
WHERE p.database = pg_catalog.current_database()
ORDER BY p.prepared
