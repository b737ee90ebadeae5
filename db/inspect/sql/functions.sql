SELECT n.nspname::text, p.proname::text, p.provolatile::text, l.lanname::text,
       CASE WHEN l.lanname IN ('sql', 'plpgsql') THEN
         {{if ge .Version 14}}CASE WHEN p.prosqlbody IS NULL THEN p.prosrc WHEN NOT EXISTS ({{.Locked}}) THEN pg_catalog.pg_get_functiondef(p.oid) END{{else}}p.prosrc{{end}} END,
       CASE WHEN p.pronargdefaults > 0 OR p.provariadic <> 0 THEN '?' ELSE pg_catalog.array_to_string(ARRAY(
         SELECT pg_catalog.format_type(t.oid, NULL) FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY AS t(oid, at) ORDER BY t.at), ', ') END,
       -- What the planner asks before it looks into a body (inline_function).
       l.lanname = 'sql' AND NOT p.prosecdef AND NOT p.proisstrict AND NOT p.proretset AND p.proconfig IS NULL
         AND p.prorettype <> 'pg_catalog.record'::regtype AND p.prorettype <> 'pg_catalog.void'::regtype,
       p.proowner::bigint, a.names, a.defaults,
       CASE WHEN p.proargnames IS NOT NULL THEN ARRAY(
         SELECT coalesce(p.proargnames[i], '')
         FROM pg_catalog.generate_series(1, coalesce(pg_catalog.array_length(p.proargmodes, 1), p.pronargs)) i
         WHERE p.proargmodes IS NULL OR p.proargmodes[i] IN ('i', 'b', 'v'{{if ge .Version 14}}, CASE WHEN p.prokind = 'p' THEN 'o' END{{end}}) ORDER BY i) END
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
LEFT JOIN LATERAL (
  SELECT pg_catalog.array_agg(coalesce(p.proargnames[i], '') ORDER BY i) AS names,
         pg_catalog.array_agg(coalesce(pg_catalog.pg_get_function_arg_default(p.oid, i), '') ORDER BY i) AS defaults
  FROM pg_catalog.generate_series(1, coalesce(pg_catalog.array_length(p.proallargtypes, 1), p.pronargs)) i
  WHERE p.proargmodes IS NULL OR p.proargmodes[i] IN ('i', 'b', 'v')) a ON p.pronargdefaults > 0
WHERE {{if ge .Version 11}}p.prokind IN ('f', 'p', 'w'){{else}}NOT p.proisagg{{end}} AND {{.Ours}}
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY p.oid
