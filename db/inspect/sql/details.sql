-- What a rewrite needs to know of a table besides what every review does.
SELECT c.oid::bigint, c.relforcerowsecurity, c.reloftype <> 0,
       EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
         AND d.objsubid = 0 AND d.deptype = 'e'),
       ARRAY(SELECT coalesce(r.rolname, '')::text FROM pg_catalog.aclexplode(c.relacl) WITH ORDINALITY g
             LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.grantee WHERE g.grantee <> c.relowner ORDER BY g.ordinality),
       ARRAY(SELECT g.privilege_type FROM pg_catalog.aclexplode(c.relacl) WITH ORDINALITY g WHERE g.grantee <> c.relowner ORDER BY g.ordinality),
       ARRAY(SELECT g.is_grantable FROM pg_catalog.aclexplode(c.relacl) WITH ORDINALITY g WHERE g.grantee <> c.relowner ORDER BY g.ordinality)
FROM pg_catalog.pg_class c
WHERE c.relkind IN ('r', 'p') AND c.oid = ANY ($1::oid[])
