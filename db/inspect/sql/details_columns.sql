SELECT a.attrelid::bigint, a.attnum::int, coalesce(pg_catalog.col_description(a.attrelid, a.attnum), ''),
       coalesce(a.attstattarget, -1)::int, coalesce(a.attoptions, '{}')::text[],
       ARRAY(SELECT coalesce(r.rolname, '')::text FROM pg_catalog.aclexplode(a.attacl) WITH ORDINALITY g
             LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.grantee ORDER BY g.ordinality),
       ARRAY(SELECT g.privilege_type FROM pg_catalog.aclexplode(a.attacl) WITH ORDINALITY g ORDER BY g.ordinality),
       ARRAY(SELECT g.is_grantable FROM pg_catalog.aclexplode(a.attacl) WITH ORDINALITY g ORDER BY g.ordinality)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND a.attrelid = ANY ($1::oid[])
  AND (a.attacl IS NOT NULL OR a.attoptions IS NOT NULL OR coalesce(a.attstattarget, -1) >= 0
       OR EXISTS (SELECT FROM pg_catalog.pg_description d
                  WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = a.attrelid AND d.objsubid = a.attnum))
