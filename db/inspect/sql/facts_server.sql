-- One row: clock, connection limits, what a new session may do.
SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint, pg_catalog.pg_is_in_recovery(),
       -- What a session starts with: our own monitor has set it for itself.
       coalesce((SELECT s.reset_val = 'on' FROM pg_catalog.pg_settings s WHERE s.name = 'default_transaction_read_only'), false),
       pg_catalog.current_setting('max_connections')::int,
       pg_catalog.current_setting('superuser_reserved_connections')::int{{if ge .Version 16}} + pg_catalog.current_setting('reserved_connections')::int{{end}},
       (SELECT count(*) FROM pg_catalog.pg_stat_activity a
        WHERE a.backend_type = 'client backend' OR a.backend_type IS NULL AND a.usesysid IS NOT NULL
          {{if lt .Version 12}}OR a.backend_type = 'walsender'{{end}})::int,
       CASE WHEN me.rolsuper THEN -1 ELSE d.datconnlimit END,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid AND a.usesysid IS NOT NULL)::int,
       CASE WHEN me.rolsuper THEN -1 ELSE me.rolconnlimit END,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.usesysid = me.oid)::int,
       d.datname::text, me.rolname::text, me.rolsuper,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity a
        WHERE a.datid = d.oid AND a.usesysid IS NOT NULL AND a.query = '<insufficient privilege>')::int,
       r.oid IS NOT NULL, coalesce(r.rolname::text, $1),
       coalesce(pg_catalog.pg_has_role(me.oid, r.oid, {{if ge .Version 16}}'SET'{{else}}'MEMBER'{{end}}), false),
       coalesce(pg_catalog.has_database_privilege(r.oid, d.oid, 'CREATE'), false),
       coalesce(r.rolinherit, false), coalesce({{mighty "r.oid"}}, false)
FROM pg_catalog.pg_database d
JOIN pg_catalog.pg_roles me ON me.rolname = session_user
LEFT JOIN pg_catalog.pg_roles r ON r.rolname = CASE WHEN $1 = '' THEN current_user ELSE $1::name END
WHERE d.datname = pg_catalog.current_database()
