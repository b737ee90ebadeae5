-- The schemas of the relations and the one that new objects go to, with who owns what lives there.
SELECT n.nspname::text, pg_catalog.pg_get_userbyid(n.nspowner)::text, n.nspname = pg_catalog.current_schema(),
       coalesce(pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE'), false),
       coalesce(pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE'), false),
       o.owners, o.counts
FROM pg_catalog.pg_namespace n
LEFT JOIN pg_catalog.pg_roles r ON r.rolname = CASE WHEN $2 = '' THEN current_user ELSE $2::name END
CROSS JOIN LATERAL (
  SELECT coalesce(pg_catalog.array_agg(x.owner ORDER BY x.number DESC, x.owner), '{}')::text[] AS owners,
         coalesce(pg_catalog.array_agg(x.number ORDER BY x.number DESC, x.owner), '{}')::int[] AS counts
  FROM (SELECT pg_catalog.pg_get_userbyid(c.relowner)::text AS owner, count(*) AS number
        FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') GROUP BY 1) x
) o
WHERE n.nspname = pg_catalog.current_schema()
   OR n.nspname IN (SELECT pg_catalog.split_part(w.name, '.', 1) FROM pg_catalog.unnest($1::text[]) AS w(name))
ORDER BY 1
