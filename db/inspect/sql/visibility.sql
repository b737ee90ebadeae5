-- Whose row security stands between this session's role and the rows of a relation:
-- its own, and that of what a view reads, which is asked as the view's owner unless
-- the view is security_invoker. A relation with none comes once, without a table.
WITH RECURSIVE me AS (
  SELECT r.oid, r.rolname FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
), reached(top, rel, role) AS (
  SELECT c.oid, c.oid, me.oid FROM me, pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v') AND {{.Ours}}{{if .Scoped}} AND c.oid = ANY ($1::oid[]){{end}}
  UNION
  SELECT x.top, d.refobjid,
         CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_options_to_table(v.reloptions) o WHERE o.option_name = 'security_invoker' AND o.option_value::bool)
           THEN me.oid ELSE v.relowner END
  FROM me, reached x JOIN pg_catalog.pg_class v ON v.oid = x.rel AND v.relkind = 'v'
  JOIN pg_catalog.pg_rewrite w ON w.ev_class = v.oid
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> v.oid
), limited AS (
  SELECT x.top, c.oid AS rel, n.nspname || '.' || c.relname AS name, r.oid AS role, r.rolname,
         pg_catalog.pg_has_role(r.oid, c.relowner, 'USAGE') AS owner
  FROM reached x JOIN pg_catalog.pg_class c ON c.oid = x.rel AND c.relkind IN ('r', 'p') AND c.relrowsecurity
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_roles r ON r.oid = x.role
  WHERE NOT r.rolsuper AND NOT r.rolbypassrls AND (c.relforcerowsecurity OR NOT pg_catalog.pg_has_role(r.oid, c.relowner, 'USAGE'))
)
SELECT t.oid::bigint, me.rolname::text, coalesce(l.name, ''), coalesce(l.rolname, '')::text, coalesce(l.owner, false),
       coalesce(p.polname, '')::text, coalesce(p.polcmd, '')::text, coalesce(p.polpermissive, true),
       CASE WHEN p.polrelid NOT IN ({{.Locked}}) THEN coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'true') ELSE '' END
FROM me, pg_catalog.pg_class t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace LEFT JOIN limited l ON l.top = t.oid
LEFT JOIN pg_catalog.pg_policy p ON p.polrelid = l.rel AND p.polcmd <> 'a'
  AND EXISTS (SELECT FROM pg_catalog.unnest(p.polroles) AS g(oid) WHERE g.oid = 0 OR pg_catalog.pg_has_role(l.role, g.oid, 'USAGE'))
WHERE t.relkind IN ('r', 'p', 'v') AND {{.Ours}}{{if .Scoped}} AND t.oid = ANY ($1::oid[]){{end}}
ORDER BY 1, 3, 4, 6
