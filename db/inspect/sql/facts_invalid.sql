SELECT n.nspname || '.' || x.relname, tn.nspname || '.' || c.relname, i.indisunique, i.indisready,
       tn.nspname || '.' || c.relname = ANY ($1::text[]),
       {{if ge .Version 12}}EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
         WHERE p.datid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
           AND (p.index_relid = i.indexrelid OR p.index_relid = 0 AND p.relid = i.indrelid)){{else}}
       EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.relation = i.indrelid
         AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted){{end}}
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace tn ON tn.oid = c.relnamespace
WHERE NOT i.indisvalid AND x.relkind = 'i' -- of a partitioned index it only says that a partition lacks one
ORDER BY 5 DESC, 1
