SELECT t.tgrelid::bigint, t.tgname::text, pn.nspname || '.' || p.proname, t.tgenabled <> 'D', t.tgtype::int,
       {{if ge .Version 13}}t.tgparentid <> 0{{else}}EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_trigger'::regclass AND d.objid = t.oid
         AND d.refclassid = 'pg_catalog.pg_trigger'::regclass){{end}}
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace
-- Before 15 what a partition has of its table's counts as internal, like those of constraints.
WHERE (NOT t.tgisinternal OR t.tgconstraint = 0) AND {{.Ours}}{{if .Scoped}} AND t.tgrelid = ANY ($1::oid[]){{end}}
ORDER BY t.tgrelid, t.tgname
