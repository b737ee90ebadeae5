-- INVALID indexes of the tables asked for that nobody builds now.
SELECT n.nspname || '.' || x.relname
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
WHERE NOT i.indisvalid AND i.indrelid IN (SELECT c.oid FROM ({{named}}) c)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.relation = i.indrelid AND l.granted AND l.mode = 'ShareUpdateExclusiveLock')
ORDER BY 1
