-- Scans and changed rows a second since the counters were reset.
SELECT n.nspname || '.' || c.relname,
       ((pg_catalog.pg_stat_get_numscans(c.oid) + coalesce((SELECT sum(pg_catalog.pg_stat_get_numscans(i.indexrelid))
          FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid), 0)) / a.age)::float8,
       ((pg_catalog.pg_stat_get_tuples_inserted(c.oid) + pg_catalog.pg_stat_get_tuples_updated(c.oid)
         + pg_catalog.pg_stat_get_tuples_deleted(c.oid)) / a.age)::float8
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN (SELECT greatest(extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(d.stats_reset, pg_catalog.pg_postmaster_start_time())), 1)::float8 AS age
            FROM pg_catalog.pg_stat_database d WHERE d.datname = pg_catalog.current_database()) a
WHERE c.oid IN (SELECT w.oid FROM ({{named}}) w) AND c.relkind IN ('r', 'm')
