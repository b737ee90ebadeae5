-- The rule of a view names a relation, and most of the time columns of it: it is the
-- view. What other rules name is in needs.sql.
SELECT d.refobjid::bigint, r.ev_class::bigint, pg_catalog.array_agg(DISTINCT d.refobjsubid ORDER BY d.refobjsubid)::int[]
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
  AND r.rulename = '_RETURN' AND d.refobjid <> r.ev_class AND d.deptype = 'n' AND {{.Ours}}{{if .Scoped}} AND d.refobjid = ANY ($1::oid[]){{end}}
GROUP BY 1, 2
ORDER BY 1, 2
