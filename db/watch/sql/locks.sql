-- Locks on the tables asked for and their partitions; whoever waits anywhere in
-- this database; and whoever is waited for. $1 are names, as "schema.name". Ages count to
-- the beginning of the sample, so that what began at one time has it in each sample; what
-- began a moment later is as young as that moment is long.
WITH RECURSIVE here AS (
  SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
), target(oid) AS (
  SELECT c.oid FROM ({{named}}) c
  UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN target t ON t.oid = i.inhparent
), act AS (
  SELECT a.pid, a.datid, a.usename, a.application_name, a.xact_start, a.query_start, a.state, a.backend_type,
         pg_catalog.left(a.query, 1000) AS query FROM pg_catalog.pg_stat_activity a
), l AS (
  -- pid 0 is a prepared transaction, here and in pg_blocking_pids.
  SELECT coalesce(k.pid, 0) AS pid, k.locktype, k.database, k.relation, k.mode, k.granted,
         {{if ge . 14}}k.waitstart{{else}}NULL::timestamptz AS waitstart{{end}},
         k.page, k.tuple, k.virtualxid, k.transactionid, k.classid, k.objid, k.objsubid, CASE WHEN k.pid IS NULL THEN k.virtualtransaction END AS prepared
  FROM pg_catalog.pg_locks k
  WHERE k.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
), clash(mode, held) AS (VALUES
{{clashes}}
), waiter AS (
  SELECT l.pid, l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid, l.transactionid::text AS xid, l.classid, l.objid, l.objsubid,
         l.mode, coalesce(l.waitstart, a.query_start) AS since,
         EXISTS (SELECT FROM l h JOIN clash c ON h.mode = ANY (c.held)
                 WHERE h.granted AND h.locktype = 'relation' AND h.pid = l.pid AND h.relation = l.relation AND c.mode = l.mode) AS both
  FROM l LEFT JOIN act a ON a.pid = l.pid
  WHERE NOT l.granted AND (l.database IN (SELECT oid FROM here)
     OR l.pid IN (SELECT a.pid FROM act a WHERE a.datid IN (SELECT oid FROM here)))
), kind AS (
  -- Who waits for the same lock in the same mode: taken together by a hash, which costs
  -- the server a fraction of what sorting by so many columns does.
  SELECT w.locktype, w.database, w.relation, w.page, w.tuple, w.virtualxid, w.xid, w.classid, w.objid, w.objsubid, w.mode, w.both,
         pg_catalog.array_agg(w.pid) AS pids, pg_catalog.array_agg(w.since) AS sinces, pg_catalog.min(w.pid) AS least
  FROM waiter w
  GROUP BY w.locktype, w.database, w.relation, w.page, w.tuple, w.virtualxid, w.xid, w.classid, w.objid, w.objsubid, w.mode, w.both
), queue AS (
  -- Asking for whom a session waits takes the server longer the more sessions wait. Who
  -- comes later for the same lock in the same mode waits for the same ones, and for
  -- those between; not so who holds what is in the way of others like it.
  SELECT k.locktype, k.relation, k.mode, k.both, k.pids, k.sinces,
         (SELECT u.pid FROM ROWS FROM (pg_catalog.unnest(k.pids), pg_catalog.unnest(k.sinces)) AS u(pid, since) WHERE NOT k.both ORDER BY u.since, u.pid LIMIT 1) AS first,
         pg_catalog.min(k.least) OVER (PARTITION BY k.locktype, k.database, k.relation, k.page, k.tuple, k.virtualxid, k.xid, k.classid,
                                       k.objid, k.objsubid) AS object
  FROM kind k
), waiting AS (
  SELECT u.pid, u.since, q.locktype, q.relation, q.mode, q.first, q.object,
         CASE WHEN q.both OR u.pid = q.first THEN pg_catalog.pg_blocking_pids(u.pid) END AS blockers
  FROM queue q, LATERAL ROWS FROM (pg_catalog.unnest(q.pids), pg_catalog.unnest(q.sinces)) AS u(pid, since)
), blocker AS (
  SELECT DISTINCT b.pid FROM waiting w, LATERAL pg_catalog.unnest(w.blockers) AS b(pid) WHERE w.blockers IS NOT NULL
), shown AS (
  SELECT l.pid, l.mode, l.relation, l.granted, NULL::int[] AS blockers, NULL::timestamptz AS since, l.prepared,
         NULL::int AS first, 0 AS object FROM l
  WHERE l.locktype = 'relation' AND l.granted AND l.database IN (SELECT oid FROM here)
    AND (l.relation IN (SELECT oid FROM target)
      OR l.pid IN (SELECT pid FROM blocker) AND l.relation IN (SELECT relation FROM waiting WHERE locktype = 'relation'))
  UNION ALL
  SELECT w.pid, w.mode,
         -- Who waits for a row holds the row's lock on its table, or has locked that.
         coalesce(w.relation, t.relation), false, w.blockers, w.since, NULL, w.first, w.object
  FROM waiting w LEFT JOIN (SELECT t.pid, max(t.relation) AS relation FROM l t WHERE t.locktype = 'tuple' AND t.granted GROUP BY t.pid) t
    ON t.pid = w.pid
), prepared AS ( -- a prepared transaction keeps the lock on its own xid
  SELECT l.prepared AS vxid, x.gid, x.owner, x.prepared FROM l JOIN pg_catalog.pg_prepared_xacts x ON x.transaction = l.transactionid
  WHERE l.prepared IS NOT NULL AND l.granted AND l.locktype = 'transactionid'
), alone AS ( -- waited for, with nothing shown yet: the lock on a transaction or a key
  SELECT b.pid, NULL::text AS mode, NULL::oid AS relation, true AS granted, NULL::int[] AS blockers, NULL::timestamptz AS since, NULL AS prepared,
         NULL::int AS first, 0 AS object
  FROM blocker b WHERE b.pid NOT IN (SELECT s.pid FROM shown s)
)
SELECT s.pid, coalesce(a.application_name, p.gid, ''), coalesce(a.usename::text, p.owner::text, ''),
       coalesce(a.backend_type, CASE WHEN s.pid = 0 THEN 'prepared transaction' END, ''), coalesce(a.state, ''),
       CASE WHEN s.granted THEN coalesce(pg_catalog.abs(extract(epoch FROM pg_catalog.now() - coalesce(a.xact_start, p.prepared)) * 1000)::bigint, -1)
            ELSE coalesce(pg_catalog.abs(extract(epoch FROM pg_catalog.now() - s.since) * 1000)::bigint, -1) END,
       coalesce(s.mode, ''), coalesce(n.nspname || '.' || c.relname, ''), s.granted,
       coalesce(a.query, ''), coalesce(s.blockers, '{}')::int[],
       coalesce(a.backend_type = 'autovacuum worker' AND (a.query LIKE '%(to prevent wraparound)'
         OR pg_catalog.age(c.relfrozenxid) > pg_catalog.current_setting('autovacuum_freeze_max_age')::int), false),
       coalesce(s.first, 0), s.object
FROM (SELECT * FROM shown UNION ALL SELECT * FROM alone) s
LEFT JOIN act a ON a.pid = s.pid
LEFT JOIN prepared p ON p.vxid = s.prepared
LEFT JOIN pg_catalog.pg_class c ON c.oid = s.relation
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
-- The two views are read one after the other: an idle session has let its table
-- locks go in between.
WHERE NOT (s.granted AND s.relation IS NOT NULL AND coalesce(a.state = 'idle', false))
  AND NOT (s.granted AND NOT {{others}})
ORDER BY s.granted DESC, a.xact_start NULLS LAST, s.pid, s.relation
LIMIT 5000
