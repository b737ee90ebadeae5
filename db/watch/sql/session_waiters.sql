-- Who waits for whom on this server, the longest waiting first.
SELECT w.pid, pg_catalog.pg_blocking_pids(w.pid)
FROM (SELECT l.pid, min({{if ge . 14}}l.waitstart{{else}}a.query_start{{end}}) AS since FROM pg_catalog.pg_locks l
      LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
      WHERE NOT l.granted AND l.pid IS NOT NULL GROUP BY l.pid) w
ORDER BY w.since NULLS LAST, w.pid
