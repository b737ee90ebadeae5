-- Not pg_publication_tables: from 18 on it locks each table it names.
WITH RECURSIVE named(pub, oid) AS (
  SELECT r.prpubid, r.prrelid FROM pg_catalog.pg_publication_rel r
  {{if ge .Version 15}}UNION
  SELECT s.pnpubid, c.oid FROM pg_catalog.pg_publication_namespace s
  JOIN pg_catalog.pg_class c ON c.relnamespace = s.pnnspid WHERE c.relkind IN ('r', 'p')
  {{end}}
), published(pub, oid) AS (
  SELECT n.pub, n.oid FROM named n
  UNION SELECT p.pub, i.inhrelid FROM published p
  JOIN pg_catalog.pg_inherits i ON i.inhparent = p.oid JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
)
SELECT p.pubname::text, p.puballtables, p.pubupdate, p.pubdelete,
       ARRAY(SELECT n.nspname || '.' || c.relname FROM published t
             JOIN pg_catalog.pg_class c ON c.oid = t.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE t.pub = p.oid AND NOT p.puballtables ORDER BY 1),
       ARRAY(SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_publication_rel r
             JOIN pg_catalog.pg_class c ON c.oid = r.prrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE r.prpubid = p.oid ORDER BY 1),
       {{if ge .Version 15}}ARRAY(SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_publication_rel r
             JOIN pg_catalog.pg_class c ON c.oid = r.prrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             CROSS JOIN LATERAL (SELECT ARRAY(SELECT a.attnum FROM pg_catalog.pg_attribute a
               WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND (c.relreplident = 'f' OR EXISTS (
                 SELECT FROM pg_catalog.pg_index x WHERE x.indrelid = c.oid AND a.attnum = ANY (x.indkey)
                 AND CASE c.relreplident WHEN 'd' THEN x.indisprimary WHEN 'i' THEN x.indisreplident ELSE false END)))) AS named(columns)
             WHERE r.prpubid = p.oid AND c.relkind = 'r'
             AND (r.prattrs IS NOT NULL AND (c.relreplident = 'f' OR NOT r.prattrs::int2[] @> named.columns)
               OR EXISTS (SELECT FROM pg_catalog.regexp_matches(r.prqual::text, ':varattno ([0-9]+)', 'g') v
                 WHERE NOT v[1]::int2 = ANY (named.columns))) ORDER BY 1){{else}}'{}'::text[]{{end}}
FROM pg_catalog.pg_publication p
ORDER BY 1
