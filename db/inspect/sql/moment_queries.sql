-- What sessions of this database run or ran last and has one of the words. belay's
-- own sessions are left out.
SELECT pg_catalog.left(a.query, 1000), a.pid, a.application_name, coalesce(a.usename::text, ''), coalesce(a.state, '')
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
  AND a.application_name NOT LIKE 'belay/%' AND a.query ILIKE ANY ($1::text[])
ORDER BY a.state = 'active' DESC, a.pid LIMIT 50
