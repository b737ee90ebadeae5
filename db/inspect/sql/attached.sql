-- Policies, triggers (UPDATE OF, WHEN) and rules that name columns of their own table,
-- functions whose body was parsed when they were made, and publications with a list
-- of columns or a row filter.
SELECT d.refobjid::bigint, coalesce(p.polname, t.tgname, r.rulename, fn.nspname || '.' || f.proname, b.pubname)::text,
       CASE WHEN p.oid IS NOT NULL THEN 'policy' WHEN t.oid IS NOT NULL THEN 'trigger' WHEN f.oid IS NOT NULL THEN 'function'
         WHEN b.oid IS NOT NULL THEN 'publication' ELSE 'rule' END,
       pg_catalog.array_agg(DISTINCT d.refobjsubid ORDER BY d.refobjsubid)::int[]
FROM pg_catalog.pg_depend d
LEFT JOIN pg_catalog.pg_policy p ON d.classid = 'pg_catalog.pg_policy'::regclass AND p.oid = d.objid AND p.polrelid = d.refobjid
LEFT JOIN pg_catalog.pg_trigger t ON d.classid = 'pg_catalog.pg_trigger'::regclass AND t.oid = d.objid
  AND t.tgrelid = d.refobjid AND NOT t.tgisinternal
LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
  AND r.ev_class = d.refobjid AND r.rulename <> '_RETURN'
LEFT JOIN (pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace)
  ON d.classid = 'pg_catalog.pg_proc'::regclass AND f.oid = d.objid
LEFT JOIN (pg_catalog.pg_publication_rel l JOIN pg_catalog.pg_publication b ON b.oid = l.prpubid)
  ON d.classid = 'pg_catalog.pg_publication_rel'::regclass AND l.oid = d.objid
WHERE d.classid IN ('pg_catalog.pg_policy'::regclass, 'pg_catalog.pg_trigger'::regclass, 'pg_catalog.pg_rewrite'::regclass,
                    'pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_publication_rel'::regclass)
  AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0{{if .Scoped}} AND d.refobjid = ANY ($1::oid[]){{end}}
  AND (p.oid IS NOT NULL OR t.oid IS NOT NULL OR r.oid IS NOT NULL OR f.oid IS NOT NULL OR b.oid IS NOT NULL)
GROUP BY 1, 2, 3
ORDER BY 1, 3, 2
