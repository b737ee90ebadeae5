SELECT k.conrelid::bigint, k.conname::text, d.description
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_description d ON d.classoid = 'pg_catalog.pg_constraint'::regclass AND d.objoid = k.oid
WHERE k.conrelid = ANY ($1::oid[])
