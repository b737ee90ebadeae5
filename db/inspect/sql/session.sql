SELECT pg_catalog.current_setting('server_version_num')::int, pg_catalog.current_setting('TimeZone'),
       (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint,
       pg_catalog.current_setting('block_size')::bigint,
       ARRAY(SELECT n.nspname::text FROM pg_catalog.pg_namespace n WHERE {{.Ours}})
