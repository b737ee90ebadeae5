-- The schemas of the relations and the one that new objects go to, $3, with who owns what lives there.
SELECT n.nspname::text, pg_catalog.pg_get_userbyid(n.nspowner)::text, n.nspname = $3,
       coalesce(pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE'), false),
       coalesce(pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE'), false),
       o.owners, o.counts,
       coalesce((SELECT pg_catalog.pg_has_role(session_user, q.oid, {{if ge .Version 16}}'SET'{{else}}'MEMBER'{{end}})
                   AND pg_catalog.has_schema_privilege(q.oid, n.oid, 'USAGE') AND pg_catalog.has_schema_privilege(q.oid, n.oid, 'CREATE')
                   AND NOT {{mighty "q.oid"}} FROM pg_catalog.pg_roles q WHERE q.rolname = o.owners[1]), false)
FROM pg_catalog.pg_namespace n
LEFT JOIN pg_catalog.pg_roles r ON r.rolname = CASE WHEN $2 = '' THEN current_user ELSE $2::name END
CROSS JOIN LATERAL (
  SELECT coalesce(pg_catalog.array_agg(x.owner ORDER BY x.number DESC, x.owner), '{}')::text[] AS owners,
         coalesce(pg_catalog.array_agg(x.number ORDER BY x.number DESC, x.owner), '{}')::int[] AS counts
  FROM (SELECT pg_catalog.pg_get_userbyid(c.relowner)::text AS owner, count(*) AS number
        FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') GROUP BY 1) x
) o
WHERE n.nspname = $3
   OR n.nspname IN (SELECT pg_catalog.split_part(w.name, '.', 1) FROM pg_catalog.unnest($1::text[]) AS w(name))
ORDER BY 1
