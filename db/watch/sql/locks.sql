-- Locks on the tables asked for and their partitions; whoever waits anywhere in
-- this database; and whoever is waited for. $1 are names, as "schema.name".
WITH RECURSIVE here AS (
  SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
), target(oid) AS (
  SELECT c.oid FROM ({{named}}) c
  UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN target t ON t.oid = i.inhparent
), act AS (
  SELECT a.* FROM pg_catalog.pg_stat_activity a
), l AS (
  -- pid 0 is a prepared transaction, here and in pg_blocking_pids.
  SELECT coalesce(k.pid, 0) AS pid, k.locktype, k.database, k.relation, k.mode, k.granted,
         {{if ge . 14}}k.waitstart{{else}}NULL::timestamptz AS waitstart{{end}},
         k.transactionid, CASE WHEN k.pid IS NULL THEN k.virtualtransaction END AS prepared
  FROM pg_catalog.pg_locks k
  WHERE k.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
), waiting AS (
  SELECT l.*, pg_catalog.pg_blocking_pids(l.pid) AS blockers FROM l
  WHERE NOT l.granted AND (l.database IN (SELECT oid FROM here)
     OR l.pid IN (SELECT a.pid FROM act a WHERE a.datid IN (SELECT oid FROM here)))
), blocker AS (
  SELECT DISTINCT b.pid FROM waiting w, LATERAL pg_catalog.unnest(w.blockers) AS b(pid)
), shown AS (
  SELECT l.pid, l.mode, l.relation, l.granted, NULL::int[] AS blockers, l.waitstart, l.prepared FROM l
  WHERE l.locktype = 'relation' AND l.granted AND l.database IN (SELECT oid FROM here)
    AND (l.relation IN (SELECT oid FROM target)
      OR l.pid IN (SELECT pid FROM blocker) AND l.relation IN (SELECT relation FROM waiting WHERE locktype = 'relation'))
  UNION ALL
  SELECT w.pid, w.mode,
         -- Who waits for a row holds the row's lock on its table, or has locked that.
         coalesce(w.relation, (SELECT max(t.relation) FROM l t WHERE t.pid = w.pid AND t.locktype = 'tuple' AND t.granted)),
         false, w.blockers, w.waitstart, NULL FROM waiting w
), prepared AS ( -- a prepared transaction keeps the lock on its own xid
  SELECT l.prepared AS vxid, x.gid, x.owner, x.prepared FROM l JOIN pg_catalog.pg_prepared_xacts x ON x.transaction = l.transactionid
  WHERE l.prepared IS NOT NULL AND l.granted AND l.locktype = 'transactionid'
), alone AS ( -- waited for, with nothing shown yet: the lock on a transaction or a key
  SELECT b.pid, NULL::text AS mode, NULL::oid AS relation, true AS granted, NULL::int[] AS blockers, NULL::timestamptz AS waitstart, NULL AS prepared
  FROM blocker b WHERE b.pid NOT IN (SELECT s.pid FROM shown s)
)
SELECT s.pid, coalesce(a.application_name, p.gid, ''), coalesce(a.usename::text, p.owner::text, ''),
       coalesce(a.backend_type, CASE WHEN s.pid = 0 THEN 'prepared transaction' END, ''), coalesce(a.state, ''),
       CASE WHEN s.granted THEN coalesce((extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(a.xact_start, p.prepared)) * 1000)::bigint, -1)
            ELSE coalesce((extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(s.waitstart, a.query_start)) * 1000)::bigint, -1) END,
       coalesce(s.mode, ''), coalesce(n.nspname || '.' || c.relname, ''), s.granted,
       coalesce(pg_catalog.left(a.query, 1000), ''), coalesce(s.blockers, '{}')::int[],
       coalesce(a.backend_type = 'autovacuum worker' AND (a.query LIKE '%(to prevent wraparound)'
         OR pg_catalog.age(c.relfrozenxid) > pg_catalog.current_setting('autovacuum_freeze_max_age')::int), false)
FROM (SELECT * FROM shown UNION ALL SELECT * FROM alone) s
LEFT JOIN act a ON a.pid = s.pid
LEFT JOIN prepared p ON p.vxid = s.prepared
LEFT JOIN pg_catalog.pg_class c ON c.oid = s.relation
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
-- The two views are read one after the other: an idle session has let its table
-- locks go in between.
WHERE NOT (s.granted AND s.relation IS NOT NULL AND coalesce(a.state = 'idle', false))
ORDER BY s.granted DESC, a.xact_start NULLS LAST, s.pid, s.relation
LIMIT 5000
