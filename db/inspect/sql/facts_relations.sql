-- $1 names, $2 the role that runs the units; '' = ourselves.
SELECT w.name, c.oid IS NOT NULL, coalesce(pg_catalog.pg_get_userbyid(c.relowner)::text, ''),
       coalesce(pg_catalog.pg_has_role(r.oid, c.relowner, 'USAGE'), false),
       coalesce(pg_catalog.pg_has_role(session_user, c.relowner, {{if ge .Version 16}}'SET'{{else}}'MEMBER'{{end}}), false),
       coalesce({{mighty "c.relowner"}}, false),
       CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
       ARRAY(SELECT p FROM pg_catalog.unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) p
              WHERE c.relkind <> 'S' AND pg_catalog.has_any_column_privilege(r.oid, c.oid, p)
             UNION ALL SELECT p FROM pg_catalog.unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) p
              WHERE c.relkind <> 'S' AND pg_catalog.has_table_privilege(r.oid, c.oid, p)),
       coalesce(pg_catalog.age(nullif(c.relfrozenxid, '0'::xid)), 0), pg_catalog.current_setting('autovacuum_freeze_max_age')::int
FROM pg_catalog.unnest($1::text[]) AS w(name)
LEFT JOIN (pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace) ON n.nspname || '.' || c.relname = w.name
LEFT JOIN pg_catalog.pg_roles r ON r.rolname = CASE WHEN $2 = '' THEN current_user ELSE $2::name END
ORDER BY 1
