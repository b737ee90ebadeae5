-- What the words $1 may mean, and what a statement about it reaches: the tables
-- of indexes, sequences, triggers, statistics and types of such a name; parents
-- and partitions; what views read, and the views above; both ends of foreign
-- keys, along all of them where $2 says so (TRUNCATE ... CASCADE goes on and on), and along those that change rows. Each part
-- begins with an array, whose size the planner takes for small: the estimates of
-- one recursion on the next would make it reserve memory for billions of rows.
WITH RECURSIVE typ(oid) AS (
  SELECT y.oid FROM pg_catalog.pg_type y JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
  LEFT JOIN pg_catalog.pg_class c ON c.oid = y.typrelid
  WHERE y.typname = ANY ($1::name[]) AND (y.typtype IN ('d', 'e') OR c.relkind = 'c') AND {{.Ours}}
  -- Two columns one after the other, each by its value: by either of them, every type would be held against every other.
  UNION SELECT d.oid FROM typ t JOIN (SELECT b.oid, b.typbasetype FROM pg_catalog.pg_type b WHERE b.typbasetype <> 0
    UNION ALL SELECT e.oid, e.typelem FROM pg_catalog.pg_type e WHERE e.typelem <> 0) AS d(oid, uses) ON d.uses = t.oid
), named(oid) AS (
  SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relname = ANY ($1::name[]) AND {{.Ours}}
  UNION SELECT t.tgrelid FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_trigger t ON t.tgfoid = p.oid
  WHERE p.proname = ANY ($1::name[]) AND NOT t.tgisinternal
  UNION SELECT s.stxrelid FROM pg_catalog.pg_statistic_ext s WHERE s.stxname = ANY ($1::name[])
  UNION SELECT d.objid FROM pg_catalog.unnest(ARRAY(SELECT t.oid FROM typ t)) AS t(oid) JOIN pg_catalog.pg_depend d
    ON d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid = t.oid AND d.classid = 'pg_catalog.pg_class'::regclass
  UNION SELECT r.prrelid FROM pg_catalog.pg_publication p JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid
  WHERE p.pubname = ANY ($1::name[])
  UNION SELECT coalesce(a.adrelid, k.conrelid, l.polrelid, w.ev_class, x.oid) FROM (
    SELECT 'pg_catalog.pg_proc'::regclass AS class, p.oid FROM pg_catalog.pg_proc p WHERE p.proname = ANY ($1::name[])
    UNION ALL SELECT 'pg_catalog.pg_class'::regclass, c.oid FROM pg_catalog.pg_class c WHERE c.relname = ANY ($1::name[])) f
  JOIN pg_catalog.pg_depend d ON d.refclassid = f.class AND d.refobjid = f.oid
  LEFT JOIN pg_catalog.pg_attrdef a ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND a.oid = d.objid
  LEFT JOIN pg_catalog.pg_constraint k ON d.classid = 'pg_catalog.pg_constraint'::regclass AND k.oid = d.objid AND k.contype = 'c'
  LEFT JOIN pg_catalog.pg_policy l ON d.classid = 'pg_catalog.pg_policy'::regclass AND l.oid = d.objid
  LEFT JOIN pg_catalog.pg_rewrite w ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND w.oid = d.objid
  LEFT JOIN pg_catalog.pg_class x ON d.classid = 'pg_catalog.pg_class'::regclass AND x.oid = d.objid
  WHERE coalesce(a.adrelid, k.conrelid, l.polrelid, w.ev_class, x.oid) IS NOT NULL
), begun(oid) AS (
  SELECT n.oid FROM pg_catalog.unnest(ARRAY(SELECT m.oid FROM named m)) AS n(oid)
  UNION SELECT i.indrelid FROM pg_catalog.unnest(ARRAY(SELECT m.oid FROM named m)) AS n(oid) JOIN pg_catalog.pg_index i ON i.indexrelid = n.oid
  UNION SELECT d.refobjid FROM pg_catalog.unnest(ARRAY(SELECT m.oid FROM named m)) AS n(oid) JOIN pg_catalog.pg_depend d
    ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = n.oid AND d.objsubid = 0
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
), read(oid) AS (
  SELECT b.oid FROM pg_catalog.unnest(ARRAY(SELECT m.oid FROM begun m)) AS b(oid)
  UNION SELECT d.refobjid FROM read v JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass
), family(oid) AS (
  SELECT r.oid FROM pg_catalog.unnest(ARRAY(SELECT m.oid FROM read m)) AS r(oid)
  UNION SELECT x.oid FROM family f CROSS JOIN LATERAL (
    SELECT i.inhrelid AS oid FROM pg_catalog.pg_inherits i WHERE i.inhparent = f.oid
    UNION ALL SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid = f.oid) x
), above(oid) AS (
  SELECT f.oid FROM pg_catalog.unnest(ARRAY(SELECT m.oid FROM family m)) AS f(oid)
  UNION SELECT r.ev_class FROM above a JOIN pg_catalog.pg_depend d
    ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = a.oid AND d.classid = 'pg_catalog.pg_rewrite'::regclass
  JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
), referencing(oid, step) AS (
  SELECT a.oid, 0 FROM pg_catalog.unnest(ARRAY(SELECT m.oid FROM above m)) AS a(oid)
  UNION SELECT k.conrelid, CASE WHEN $2::boolean OR k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd') THEN 0 ELSE 1 END FROM referencing x JOIN pg_catalog.pg_depend d
    ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = x.oid AND d.classid = 'pg_catalog.pg_constraint'::regclass
  JOIN pg_catalog.pg_constraint k ON k.oid = d.objid AND k.contype = 'f' WHERE x.step = 0
), keyed(oid) AS (
  SELECT x.oid FROM pg_catalog.unnest(ARRAY(SELECT m.oid FROM referencing m)) AS x(oid)
  UNION SELECT k.confrelid FROM pg_catalog.pg_constraint k WHERE k.conrelid = ANY (ARRAY(SELECT a.oid FROM above a)) AND k.contype = 'f'
), whole(oid) AS (
  SELECT k.oid FROM pg_catalog.unnest(ARRAY(SELECT m.oid FROM keyed m)) AS k(oid)
  UNION SELECT x.oid FROM whole f CROSS JOIN LATERAL (
    SELECT i.inhrelid AS oid FROM pg_catalog.pg_inherits i WHERE i.inhparent = f.oid
    UNION ALL SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid = f.oid) x
)
SELECT coalesce(pg_catalog.array_agg(o.oid::bigint), '{}')::bigint[] FROM (
  SELECT w.oid FROM pg_catalog.unnest(ARRAY(SELECT m.oid FROM whole m)) AS w(oid)
  UNION SELECT d.objid FROM pg_catalog.unnest(ARRAY(SELECT m.oid FROM whole m)) AS w(oid) JOIN pg_catalog.pg_depend d
    ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = w.oid AND d.classid = 'pg_catalog.pg_class'::regclass
    AND d.deptype IN ('a', 'i')
) o
