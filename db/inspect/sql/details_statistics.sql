SELECT s.stxrelid::bigint, n.nspname || '.' || s.stxname,
       CASE WHEN s.stxrelid NOT IN ({{.Locked}}) THEN pg_catalog.pg_get_statisticsobjdef(s.oid) END,
       coalesce(pg_catalog.obj_description(s.oid, 'pg_statistic_ext'), ''), s.stxowner::bigint,
       {{if ge .Version 13}}coalesce(s.stxstattarget, -1){{else}}-1{{end}}::int,
       ARRAY(SELECT d.refobjsubid FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_statistic_ext'::regclass AND d.objid = s.oid
             AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = s.stxrelid)::int[]
FROM pg_catalog.pg_statistic_ext s
JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
WHERE s.stxrelid = ANY ($1::oid[])
ORDER BY 1, 2
