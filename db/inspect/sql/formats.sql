-- The spelling of each column type, once each: format_type is dear for 50,000 columns.
SELECT v.atttypid::bigint, v.atttypmod, pg_catalog.format_type(v.atttypid, v.atttypmod)
FROM (SELECT DISTINCT a.atttypid, a.atttypmod
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {{.Ours}}) v
