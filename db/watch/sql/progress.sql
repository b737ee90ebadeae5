-- The progress views that the version has. Phases are PostgreSQL's own words.
{{if ge . 12}}SELECT p.pid, p.command, coalesce(n.nspname || '.' || c.relname, ''), p.phase,
       CASE WHEN p.lockers_total > 0 AND p.phase LIKE 'waiting%' THEN p.lockers_done
            WHEN p.blocks_total > 0 THEN p.blocks_done ELSE p.tuples_done END,
       CASE WHEN p.lockers_total > 0 AND p.phase LIKE 'waiting%' THEN p.lockers_total
            WHEN p.blocks_total > 0 THEN p.blocks_total ELSE p.tuples_total END,
       CASE WHEN p.lockers_total > 0 AND p.phase LIKE 'waiting%' THEN 'sessions' WHEN p.blocks_total > 0 THEN 'blocks' ELSE 'tuples' END
FROM pg_catalog.pg_stat_progress_create_index p
LEFT JOIN pg_catalog.pg_class c ON c.oid = p.relid LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE p.datname = pg_catalog.current_database()
UNION ALL
SELECT p.pid, p.command, coalesce(n.nspname || '.' || c.relname, ''), p.phase,
       coalesce(p.heap_blks_scanned, 0), coalesce(p.heap_blks_total, 0), 'blocks'
FROM pg_catalog.pg_stat_progress_cluster p
LEFT JOIN pg_catalog.pg_class c ON c.oid = p.relid LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE p.datname = pg_catalog.current_database()
UNION ALL
{{end}}SELECT p.pid, 'VACUUM', coalesce(n.nspname || '.' || c.relname, ''), p.phase,
       coalesce(p.heap_blks_scanned, 0), coalesce(p.heap_blks_total, 0), 'blocks'
FROM pg_catalog.pg_stat_progress_vacuum p
LEFT JOIN pg_catalog.pg_class c ON c.oid = p.relid LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE p.datname = pg_catalog.current_database()
{{if ge . 13}}
UNION ALL
SELECT p.pid, 'ANALYZE', coalesce(n.nspname || '.' || c.relname, ''), p.phase,
       coalesce(p.sample_blks_scanned, 0), coalesce(p.sample_blks_total, 0), 'blocks'
FROM pg_catalog.pg_stat_progress_analyze p
LEFT JOIN pg_catalog.pg_class c ON c.oid = p.relid LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE p.datname = pg_catalog.current_database()
UNION ALL
SELECT p.pid, 'base backup', '', p.phase, coalesce(p.backup_streamed, 0), coalesce(p.backup_total, 0), 'bytes'
FROM pg_catalog.pg_stat_progress_basebackup p
{{end}}{{if ge . 14}}
UNION ALL
SELECT p.pid, p.command, coalesce(n.nspname || '.' || c.relname, ''), 'copying rows',
       CASE WHEN p.bytes_total > 0 THEN p.bytes_processed ELSE p.tuples_processed END, p.bytes_total,
       CASE WHEN p.bytes_total > 0 THEN 'bytes' ELSE 'tuples' END
FROM pg_catalog.pg_stat_progress_copy p
LEFT JOIN pg_catalog.pg_class c ON c.oid = p.relid LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE p.datname = pg_catalog.current_database()
{{end}}