SELECT a.attrelid::bigint, a.attnum::int, a.attname::text, a.atttypid::bigint, a.atttypmod, a.attnotnull,
       CASE WHEN a.atthasdef AND c.oid NOT IN ({{.Locked}}) THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END,
       {{if ge .Version 12}}a.attgenerated::text{{else}}''{{end}}, a.attidentity <> '',
       CASE WHEN a.attcollation <> y.typcollation THEN
         (SELECT o.collname::text FROM pg_catalog.pg_collation o WHERE o.oid = a.attcollation) END
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON a.atthasdef AND d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {{.Ours}}
ORDER BY a.attrelid, a.attnum
