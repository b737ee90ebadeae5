-- The progress views that the version has. Phases are PostgreSQL's own words. Of another
-- role's work a role that may not read all statistics is shown no more than the pid.
SELECT x.pid, coalesce(x.command, 'work of another role'),
       CASE WHEN x.command IS NULL OR x.phase IS NULL THEN 'a relation that is not shown to this role' ELSE x.relation END,
       coalesce(x.phase, 'not shown to this role'), coalesce(x.done, 0), coalesce(x.total, 0), coalesce(x.unit, 'blocks')
FROM ({{if ge . 12}}SELECT p.pid, p.command, coalesce(n.nspname || '.' || c.relname, ''), p.phase,
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
{{end}}) AS x (pid, command, relation, phase, done, total, unit)
