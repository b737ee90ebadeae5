-- The casts that the database made itself. A type of its own is "schema.name".
SELECT CASE WHEN s.oid < 16384 THEN pg_catalog.format_type(s.oid, NULL) ELSE sn.nspname || '.' || s.typname END,
       CASE WHEN t.oid < 16384 THEN pg_catalog.format_type(t.oid, NULL) ELSE tn.nspname || '.' || t.typname END,
       c.castcontext = 'e', coalesce(fn.nspname || '.' || f.proname, '')
FROM pg_catalog.pg_cast c
JOIN pg_catalog.pg_type s ON s.oid = c.castsource JOIN pg_catalog.pg_namespace sn ON sn.oid = s.typnamespace
JOIN pg_catalog.pg_type t ON t.oid = c.casttarget JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_proc f ON f.oid = c.castfunc LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace
WHERE c.oid >= 16384
ORDER BY 1, 2
