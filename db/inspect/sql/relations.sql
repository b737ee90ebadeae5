-- One row a relation, indexes aside; TOAST is added to its table's pages.
SELECT c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text,
       c.relowner::bigint, c.relreplident::text, c.relrowsecurity, c.relpersistence = 'u',
       c.relpages::bigint, c.relpages::bigint + coalesce(t.relpages, 0) + coalesce(ti.relpages, 0),
       CASE WHEN {{if ge .Version 14}}c.reltuples < 0{{else}}c.reltuples = 0 AND c.relpages = 0{{end}}
         THEN CASE WHEN s.live > 0 THEN s.live ELSE -1 END
         ELSE c.reltuples END::float8,
       CASE WHEN c.relispartition AND c.oid NOT IN ({{.Locked}}) THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END,
       c.oid IN ({{.Locked}}),
       {{if ge .Version 11}}CASE WHEN c.relkind = 'p' THEN
         (SELECT p.partdefid::bigint FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid = c.oid) END{{else}}NULL::bigint{{end}},
       CASE WHEN c.relrowsecurity OR c.relkind IN ('r', 'p') THEN
         (SELECT count(*) FROM pg_catalog.pg_policy y WHERE y.polrelid = c.oid) ELSE 0 END,
       CASE WHEN c.relkind = 'S' THEN
         (SELECT d.refobjid::bigint FROM pg_catalog.pg_depend d
          WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
            AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i') LIMIT 1) END,
       (SELECT yn.nspname || '.' || y.typname FROM pg_catalog.pg_type y JOIN pg_catalog.pg_namespace yn ON yn.oid = y.typnamespace
        WHERE y.oid = c.reloftype),
       (SELECT p.spcname::text FROM pg_catalog.pg_tablespace p WHERE p.oid = coalesce(nullif(c.reltablespace, 0),
         (SELECT d.dattablespace FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))),
       coalesce((SELECT a.amname FROM pg_catalog.pg_am a WHERE a.oid = c.relam), '')::text,
       coalesce((SELECT v.srvname FROM pg_catalog.pg_foreign_table f JOIN pg_catalog.pg_foreign_server v ON v.oid = f.ftserver
                 WHERE f.ftrelid = c.oid), '')::text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_catalog.pg_index x ON x.indrelid = c.reltoastrelid
LEFT JOIN pg_catalog.pg_class ti ON ti.oid = x.indexrelid
-- Rows of a table that was never analyzed: what the statistics counted so far.
LEFT JOIN LATERAL (SELECT pg_catalog.pg_stat_get_live_tuples(c.oid) AS live) s ON c.relpages = 0 OR c.reltuples < 0
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND {{.Ours}}{{if .Scoped}} AND c.oid = ANY ($1::oid[]){{end}}
