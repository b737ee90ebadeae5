SELECT t.tgrelid::bigint, t.tgname::text, pn.nspname || '.' || p.proname, t.tgenabled <> 'D', t.tgtype::int
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace
WHERE NOT t.tgisinternal AND {{.Ours}}{{if .Scoped}} AND t.tgrelid = ANY ($1::oid[]){{end}}
ORDER BY t.tgrelid, t.tgname
