-- Everything that depends on a table, on a column of it or on its row type, but
-- for what is a part of the table itself.
SELECT d.rel::bigint, d.num::int, o.type, o.identity, d.deptype IN ('a', 'i')
FROM (
  SELECT d.refobjid AS rel, d.refobjsubid AS num, d.classid, d.objid, d.objsubid, d.deptype
  FROM pg_catalog.pg_depend d
  WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = ANY ($1::oid[])
    AND NOT (d.classid = 'pg_catalog.pg_type'::regclass AND d.deptype = 'i')
    AND NOT (d.classid = 'pg_catalog.pg_attrdef'::regclass AND EXISTS (
      SELECT FROM pg_catalog.pg_attrdef a WHERE a.oid = d.objid AND a.adrelid = d.refobjid AND a.adnum = d.refobjsubid))
    AND NOT (d.classid = 'pg_catalog.pg_class'::regclass AND EXISTS (
      SELECT FROM pg_catalog.pg_class t WHERE t.oid = d.objid AND t.relkind = 't'))
  UNION ALL
  SELECT y.rel, -1, d.classid, d.objid, d.objsubid, d.deptype
  FROM (
    SELECT c.oid AS rel, c.reltype AS typ FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::oid[])
    UNION ALL SELECT c.oid, t.typarray FROM pg_catalog.pg_class c JOIN pg_catalog.pg_type t ON t.oid = c.reltype WHERE c.oid = ANY ($1::oid[])
  ) y
  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid = y.typ AND y.typ <> 0 AND d.deptype <> 'i'
) d
JOIN pg_catalog.pg_class c ON c.oid = d.rel AND c.relkind IN ('r', 'p')
CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) o
ORDER BY 1, 2, 3, 4
