-- Sizes by relpages and counters, with partitions added to their root. Waits for no lock.
WITH RECURSIVE member(root, oid) AS (
  SELECT c.oid, c.oid FROM ({{named}}) c WHERE c.relkind IN ('r', 'p', 'm', 'f')
  UNION SELECT m.root, i.inhrelid FROM pg_catalog.pg_inherits i JOIN member m ON m.oid = i.inhparent
), one AS (
  SELECT m.root, c.relkind,
         c.relpages::bigint + coalesce(t.relpages, 0)
           + coalesce((SELECT sum(x.relpages) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
                       WHERE i.indrelid = ANY (ARRAY[c.oid, c.reltoastrelid])), 0) AS pages,
         CASE WHEN {{if ge . 14}}c.reltuples < 0{{else}}c.reltuples = 0 AND c.relpages = 0{{end}}
           THEN nullif(pg_catalog.pg_stat_get_live_tuples(c.oid), 0) ELSE c.reltuples END::float8 AS tuples,
         pg_catalog.pg_stat_get_numscans(c.oid)
           + coalesce((SELECT sum(pg_catalog.pg_stat_get_numscans(i.indexrelid)) FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid), 0) AS reads,
         pg_catalog.pg_stat_get_tuples_inserted(c.oid) + pg_catalog.pg_stat_get_tuples_updated(c.oid)
           + pg_catalog.pg_stat_get_tuples_deleted(c.oid) AS writes,
         pg_catalog.pg_stat_get_dead_tuples(c.oid) AS dead
  FROM member m JOIN pg_catalog.pg_class c ON c.oid = m.oid
  LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
)
SELECT n.nspname || '.' || c.relname, (sum(o.pages) * pg_catalog.current_setting('block_size')::bigint)::bigint,
       coalesce(sum(o.tuples), -1)::float8, sum(o.reads)::bigint, sum(o.writes)::bigint, sum(o.dead)::bigint
FROM one o JOIN pg_catalog.pg_class c ON c.oid = o.root JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE o.relkind <> 'p' OR c.oid = o.root
GROUP BY n.nspname, c.relname
ORDER BY 1
