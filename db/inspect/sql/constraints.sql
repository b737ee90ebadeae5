SELECT k.conname::text, k.contype::text, k.conrelid::bigint, k.contypid::bigint, k.confrelid::bigint,
       coalesce(k.conkey, '{}')::int[], coalesce(k.confkey, '{}')::int[],
       CASE WHEN k.contype = 'c' AND k.conrelid NOT IN ({{.Locked}}) THEN pg_catalog.pg_get_expr(k.conbin, k.conrelid) END,
       k.convalidated, {{if ge .Version 18}}k.conenforced{{else}}true{{end}}, k.condeferrable,
       k.condeferred, k.confmatchtype = 'f',
       k.coninhcount > 0, k.conislocal, k.connoinherit, k.confdeltype::text, k.confupdtype::text,
       {{if .Scoped}}CASE WHEN k.conrelid <> 0 AND k.conrelid NOT IN ({{.Locked}}) THEN pg_catalog.pg_get_constraintdef(k.oid) END{{else}}NULL::text{{end}}
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
WHERE {{if ge .Version 11}}-- A foreign key to a partitioned table has one more for each partition.
      NOT EXISTS (SELECT FROM pg_catalog.pg_constraint p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid) AND {{end}}k.contype IN ('c', 'f', 'p', 'u', 'x', 'n') AND {{.Ours}}{{if .Scoped}} AND (k.conrelid = ANY ($1::oid[]) OR k.conrelid = 0){{end}}
ORDER BY k.conrelid, k.oid
