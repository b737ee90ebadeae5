WITH RECURSIVE mine(oid) AS (
  SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
  UNION
  SELECT m.roleid FROM pg_catalog.pg_auth_members m JOIN mine ON mine.oid = m.member
), trusted(oid) AS (
  SELECT mine.oid FROM mine
  UNION SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolsuper
     OR r.rolname = 'pg_database_owner'
  UNION SELECT d.datdba FROM pg_catalog.pg_database d
     WHERE d.datname = pg_catalog.current_database()
), rel(oid, inherits, ruled) AS ( -- ruled: what a rule reaches, and what a view that it reaches reads
  SELECT c.oid, false, false FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1::name AND ($2::text IS NULL OR c.relname = $2::text)
     AND c.relkind = ANY ('{r,p,v,m,f}'::"char"[])
  UNION
  SELECT s.oid, s.inherits, rel.ruled OR s.ruled FROM rel JOIN LATERAL (
    SELECT i.inhrelid AS oid, p.relkind <> 'p' AS inherits, false AS ruled
      FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent WHERE i.inhparent = rel.oid
    UNION ALL
    SELECT c.oid, false, true FROM pg_catalog.pg_rewrite w
      JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
        AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> w.ev_class
      JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind = ANY ('{r,p,v,m,f}'::"char"[])
        AND c.relnamespace <> 'pg_catalog'::regnamespace
     WHERE w.ev_class = rel.oid AND (rel.ruled OR w.rulename <> '_RETURN')
  ) s ON true
), tab AS (
  SELECT DISTINCT c.oid, c.relkind, c.relowner, c.relrowsecurity, c.relnamespace, n.nspowner, n.nspname, c.relname, rel.inherits, rel.ruled
    FROM rel JOIN pg_catalog.pg_class c ON c.oid = rel.oid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
), part(tab, what, class, oid, subid) AS (
  SELECT t.oid, 'column ' || a.attname, 'pg_catalog.pg_class'::regclass, t.oid, a.attnum::int4
    FROM tab t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL SELECT t.oid, 'its partition key', 'pg_catalog.pg_class'::regclass, t.oid, 0 FROM tab t
  UNION ALL SELECT t.oid, 'constraint ' || k.conname, 'pg_catalog.pg_constraint'::regclass, k.oid, 0
    FROM tab t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid
  UNION ALL SELECT t.oid, 'the default of column ' || a.attname, 'pg_catalog.pg_attrdef'::regclass, f.oid, 0
    FROM tab t JOIN pg_catalog.pg_attrdef f ON f.adrelid = t.oid
    JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = f.adnum
  UNION ALL SELECT t.oid, 'index ' || c.relname, 'pg_catalog.pg_class'::regclass, c.oid, 0
    FROM tab t JOIN pg_catalog.pg_index x ON x.indrelid = t.oid JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid
  UNION ALL SELECT t.oid, 'rule ' || w.rulename, 'pg_catalog.pg_rewrite'::regclass, w.oid, 0
    FROM tab t JOIN pg_catalog.pg_rewrite w ON w.ev_class = t.oid
  UNION ALL SELECT t.oid, 'policy ' || y.polname, 'pg_catalog.pg_policy'::regclass, y.oid, 0
    FROM tab t JOIN pg_catalog.pg_policy y ON y.polrelid = t.oid
), used AS (
  SELECT p.tab, p.what, o.kind, o.nsp, o.name, o.owner FROM part p
    JOIN LATERAL (SELECT d.refclassid, d.refobjid FROM pg_catalog.pg_depend d WHERE d.classid = p.class AND d.objid = p.oid
      AND (p.subid = 0 AND p.oid <> p.tab OR d.objsubid = p.subid) OFFSET 0) d ON true
    JOIN LATERAL (
      SELECT 'function' AS kind, f.pronamespace AS nsp, f.proname AS name, f.proowner AS owner FROM pg_catalog.pg_proc f
       WHERE d.refclassid = 'pg_catalog.pg_proc'::regclass AND f.oid = d.refobjid
      UNION ALL SELECT 'operator', o.oprnamespace, o.oprname, o.oprowner FROM pg_catalog.pg_operator o
       WHERE d.refclassid = 'pg_catalog.pg_operator'::regclass AND o.oid = d.refobjid
      UNION ALL SELECT 'operator class', o.opcnamespace, o.opcname, o.opcowner FROM pg_catalog.pg_opclass o
       WHERE d.refclassid = 'pg_catalog.pg_opclass'::regclass AND o.oid = d.refobjid
      UNION ALL SELECT 'type', y.typnamespace, y.typname, y.typowner FROM pg_catalog.pg_type y
       WHERE d.refclassid = 'pg_catalog.pg_type'::regclass AND y.oid = d.refobjid
    ) o ON o.nsp <> 'pg_catalog'::regnamespace
  UNION ALL
  SELECT t.oid, 'trigger ' || g.tgname, 'function', p.pronamespace, p.proname, p.proowner
    FROM tab t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D'
    JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid
)
SELECT coalesce(pg_catalog.jsonb_agg(fault ORDER BY fault.trusted, fault.relation, fault.n, fault.what), '[]')::text FROM (
SELECT pg_catalog.quote_ident(t.nspname) || '.' || pg_catalog.quote_ident(t.relname) AS relation,
  f.what, f.owner::text, f.trusted, f.n,
  f.n IN (9, 10) AND NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) AS reads
FROM tab t CROSS JOIN LATERAL (
  SELECT 1, 'it is not a table', '', false WHERE t.relkind <> ALL ('{r,p}'::"char"[]) AND NOT t.ruled
  UNION ALL SELECT 2, 'it inherits from the table', '', false WHERE t.inherits
  UNION ALL SELECT 3, 'a rule reaches it', pg_catalog.pg_get_userbyid(t.relowner), false
   WHERE t.ruled AND t.relowner <> ALL (SELECT r.oid FROM trusted r)
  UNION ALL SELECT 9, 'it', pg_catalog.pg_get_userbyid(t.relowner), false
   WHERE t.relowner <> ALL (SELECT r.oid FROM trusted r)
  UNION ALL SELECT 10, 'its schema', pg_catalog.pg_get_userbyid(t.nspowner), false
   WHERE t.nspowner <> ALL (SELECT r.oid FROM trusted r)
  UNION ALL SELECT 5, u.what || ' uses ' || u.kind || ' ' ||
      pg_catalog.quote_ident(n.nspname) || '.' || u.name,
      pg_catalog.pg_get_userbyid(u.owner), u.owner = ANY (SELECT r.oid FROM trusted r)
    FROM used u JOIN pg_catalog.pg_namespace n ON n.oid = u.nsp WHERE u.tab = t.oid
  UNION ALL SELECT 6, 'rule ' || w.rulename, pg_catalog.pg_get_userbyid(t.relowner), t.relowner = ANY (SELECT r.oid FROM trusted r)
    FROM pg_catalog.pg_rewrite w WHERE w.ev_class = t.oid AND w.rulename <> '_RETURN'
  UNION ALL SELECT 7, 'row security', pg_catalog.pg_get_userbyid(t.relowner), t.relowner = ANY (SELECT r.oid FROM trusted r)
      OR (SELECT r.rolsuper OR r.rolbypassrls FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
   WHERE t.relrowsecurity OR EXISTS (SELECT FROM pg_catalog.pg_policy y WHERE y.polrelid = t.oid)
  UNION ALL SELECT 8, 'a foreign key of ' || k.conrelid::regclass::text, pg_catalog.pg_get_userbyid(c.relowner), false
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
   WHERE k.confrelid = t.oid AND c.relowner <> ALL (SELECT r.oid FROM trusted r)
) AS f(n, what, owner, trusted)
) AS fault
