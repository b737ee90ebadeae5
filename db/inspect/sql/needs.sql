-- Policies, views and functions with what they name besides their own table and
-- the relations they read: functions, types, rows of relations; for a policy, and
-- for a rule that is no view's, also the other relations, with their columns.
SELECT CASE WHEN p.oid IS NOT NULL THEN 'policy' WHEN f.oid IS NOT NULL THEN 'function' WHEN r.rulename <> '_RETURN' THEN 'rule'
         WHEN oc.relkind = 'm' THEN 'materialized view' ELSE 'view' END,
       CASE WHEN p.oid IS NOT NULL THEN p.polname::text WHEN f.oid IS NOT NULL THEN fn.nspname || '.' || f.proname
         WHEN r.rulename <> '_RETURN' THEN r.rulename::text ELSE ocn.nspname || '.' || oc.relname END,
       CASE WHEN p.oid IS NOT NULL OR r.rulename <> '_RETURN' THEN ocn.nspname || '.' || oc.relname ELSE '' END,
       CASE WHEN rf.oid IS NOT NULL THEN 'function' WHEN rc.oid IS NOT NULL OR tc.relkind <> 'c' THEN 'relation' ELSE 'type' END,
       coalesce(rfn.nspname || '.' || rf.proname, rcn.nspname || '.' || rc.relname, en.nspname || '.' || e.typname, tn.nspname || '.' || t.typname),
       coalesce(rc.oid, 0)::bigint, pg_catalog.array_agg(DISTINCT d.refobjsubid ORDER BY d.refobjsubid)::int[]
FROM pg_catalog.pg_depend d
LEFT JOIN pg_catalog.pg_policy p ON d.classid = 'pg_catalog.pg_policy'::regclass AND p.oid = d.objid
LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
LEFT JOIN (pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace)
  ON d.classid = 'pg_catalog.pg_proc'::regclass AND f.oid = d.objid
LEFT JOIN (pg_catalog.pg_class oc JOIN pg_catalog.pg_namespace ocn ON ocn.oid = oc.relnamespace) ON oc.oid = coalesce(p.polrelid, r.ev_class)
LEFT JOIN (pg_catalog.pg_proc rf JOIN pg_catalog.pg_namespace rfn ON rfn.oid = rf.pronamespace)
  ON d.refclassid = 'pg_catalog.pg_proc'::regclass AND rf.oid = d.refobjid
LEFT JOIN (pg_catalog.pg_class rc JOIN pg_catalog.pg_namespace rcn ON rcn.oid = rc.relnamespace)
  ON d.refclassid = 'pg_catalog.pg_class'::regclass AND rc.oid = d.refobjid
LEFT JOIN (pg_catalog.pg_type t JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace)
  ON d.refclassid = 'pg_catalog.pg_type'::regclass AND t.oid = d.refobjid
LEFT JOIN (pg_catalog.pg_type e JOIN pg_catalog.pg_namespace en ON en.oid = e.typnamespace) ON e.oid = t.typelem AND t.typcategory = 'A'
LEFT JOIN pg_catalog.pg_class tc ON tc.oid = coalesce(e.typrelid, t.typrelid)
WHERE d.classid IN ('pg_catalog.pg_policy'::regclass, 'pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_proc'::regclass)
  AND d.deptype = 'n' AND d.refobjid >= 16384
  AND (d.refclassid IN ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_type'::regclass)
       OR d.refclassid = 'pg_catalog.pg_class'::regclass AND (p.oid IS NOT NULL OR r.rulename <> '_RETURN') AND d.refobjid <> oc.oid)
  AND (oc.oid IS NULL OR rc.oid IS NULL OR oc.oid <> rc.oid)
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 4, 5, 1, 3, 2
