-- What a session of the team's starts with, of the parameters $1, where it is not
-- the server's default, which of $2 is no server's; who says so, role before database, else ""; and what takes
-- that back. A module's own parameters are no settings before it is loaded.
WITH said AS (
  SELECT DISTINCT ON (1) pg_catalog.lower(pg_catalog.split_part(c.text, '=', 1)) AS name,
         pg_catalog.substr(c.text, pg_catalog.strpos(c.text, '=') + 1) AS value,
         CASE WHEN r.setrole = 0 THEN '' ELSE 'role ' || me.rolname END AS role,
         CASE WHEN r.setdatabase = 0 THEN '' ELSE 'database ' || d.datname END AS database,
         'ALTER ' || CASE WHEN r.setrole = 0 AND r.setdatabase <> 0 THEN 'DATABASE ' || pg_catalog.quote_ident(d.datname)
           ELSE 'ROLE ' || CASE WHEN r.setrole = 0 THEN 'ALL' ELSE pg_catalog.quote_ident(me.rolname) END
             || CASE WHEN r.setdatabase = 0 THEN '' ELSE ' IN DATABASE ' || pg_catalog.quote_ident(d.datname) END END || ' RESET ' AS undo
  FROM pg_catalog.pg_db_role_setting r CROSS JOIN LATERAL pg_catalog.unnest(r.setconfig) AS c(text)
  JOIN pg_catalog.pg_roles me ON me.rolname = session_user
  JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
  WHERE r.setrole IN (0, me.oid) AND r.setdatabase IN (0, d.oid)
  ORDER BY 1, r.setrole <> 0 DESC, r.setdatabase <> 0 DESC
)
SELECT s.name, s.reset_val, coalesce(i.role, ''), coalesce(i.database, ''), coalesce(i.undo || s.name, '')
FROM pg_catalog.pg_settings s LEFT JOIN said i ON i.name = pg_catalog.lower(s.name)
WHERE s.name = ANY ($1::text[]) AND (s.reset_val IS DISTINCT FROM coalesce(s.boot_val, '') OR s.name = ANY ($2::text[]))
UNION ALL
SELECT i.name, i.value, i.role, i.database, i.undo || i.name FROM said i
WHERE i.name = ANY ($1::text[]) AND i.name LIKE '%.%' AND NOT EXISTS (SELECT FROM pg_catalog.pg_settings s WHERE s.name = i.name)
ORDER BY 1
