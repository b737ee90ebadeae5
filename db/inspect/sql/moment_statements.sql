SELECT pg_catalog.left(s.query, 1000), sum(s.calls)::bigint, {{if ge .Version 14}}(SELECT i.stats_reset FROM {{.Schema}}.pg_stat_statements_info i){{else}}NULL::timestamptz{{end}}
FROM {{.Schema}}.pg_stat_statements s
WHERE s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
  AND s.query ILIKE ANY ($1::text[])
GROUP BY 1
ORDER BY 2 DESC LIMIT 200
