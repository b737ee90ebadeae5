-- Scans and dead rows of the tables asked for, with their partitions. $1 are
-- names, as "schema.name".
WITH RECURSIVE member(root, oid) AS (
  SELECT c.oid, c.oid FROM ({{named}}) c WHERE c.relkind IN ('r', 'p', 'm')
  UNION SELECT m.root, i.inhrelid FROM pg_catalog.pg_inherits i JOIN member m ON m.oid = i.inhparent
)
SELECT n.nspname || '.' || c.relname, sum(pg_catalog.pg_stat_get_numscans(m.oid))::bigint,
       sum(pg_catalog.pg_stat_get_live_tuples(m.oid))::bigint, sum(pg_catalog.pg_stat_get_dead_tuples(m.oid))::bigint
FROM member m JOIN pg_catalog.pg_class c ON c.oid = m.root JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
GROUP BY 1 ORDER BY 1
