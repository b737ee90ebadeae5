SELECT tn.nspname || '.' || c.relname, k.conname::text, tn.nspname || '.' || c.relname = ANY ($1::text[])
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace tn ON tn.oid = c.relnamespace
WHERE NOT k.convalidated{{if ge .Version 18}} AND k.conenforced{{end}}
ORDER BY 3 DESC, 1, 2
