-- The counters of the relations $1 and of what their foreign keys refer to: one
-- that a column owns, or whose default calls it. Reading a counter locks its
-- sequence in ROW EXCLUSIVE mode to the end of the transaction, so at most a
-- hundred are read, and none that somebody has, or wants, in a mode against it.
WITH wanted AS (
  SELECT c.oid FROM ({{named}}) c
), near AS (
  SELECT w.oid FROM wanted w
  UNION SELECT k.confrelid FROM pg_catalog.pg_constraint k JOIN wanted w ON w.oid = k.conrelid WHERE k.contype = 'f'
), fed AS (
  SELECT d.objid AS seq, d.refobjid AS rel, d.refobjsubid AS num FROM pg_catalog.pg_depend d
  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
    AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0 AND d.refobjid IN (SELECT oid FROM near)
  UNION
  SELECT d.refobjid, a.adrelid, a.adnum FROM pg_catalog.pg_attrdef a
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = a.oid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'n'
  WHERE a.adrelid IN (SELECT oid FROM near)
  UNION SELECT w.oid, NULL, NULL FROM wanted w
), counter AS (
  SELECT DISTINCT ON (f.seq, f.rel, f.num) f.*, s.seqmax FROM fed f
  JOIN pg_catalog.pg_sequence s ON s.seqrelid = f.seq
  JOIN pg_catalog.pg_class c ON c.oid = f.seq
  WHERE f.seq NOT IN (
    SELECT l.relation FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.relation IS NOT NULL
      AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
      AND l.database = (SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database())) AND s.seqincrement > 0
    AND (c.relpersistence = 'p' OR NOT pg_catalog.pg_is_in_recovery())
    AND CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(f.seq, 'SELECT, USAGE') END
    AND (f.rel IS NOT NULL OR NOT EXISTS (SELECT FROM fed o WHERE o.seq = f.seq AND o.rel IS NOT NULL))
  LIMIT 100
)
SELECT sn.nspname || '.' || sc.relname, coalesce(rn.nspname || '.' || rc.relname, ''), coalesce(a.attname::text, ''),
       coalesce(pg_catalog.pg_sequence_last_value(k.seq::regclass), 0), k.seqmax
FROM counter k
JOIN pg_catalog.pg_class sc ON sc.oid = k.seq JOIN pg_catalog.pg_namespace sn ON sn.oid = sc.relnamespace
LEFT JOIN (pg_catalog.pg_class rc JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace) ON rc.oid = k.rel
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = k.rel AND a.attnum = k.num
ORDER BY 1, 2, 3
