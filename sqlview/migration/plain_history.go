package migration

import (
	"hash/crc32"
	"strings"
)

// belayMigrations keeps a row when a migration is taken back: what was run here
// once is worth knowing.
var belayMigrations = History{
	Table: "belay_migrations",
	Columns: []Column{
		{Name: "version", Types: []string{"text"}},
		{Name: "title", Types: []string{"text"}},
		{Name: "sha256", Types: []string{"character(64)"}},
		{Name: "state", Types: []string{"text"}},
		{Name: "steps_done", Types: []string{"integer"}},
		{Name: "steps_total", Types: []string{"integer"}},
		{Name: "started_at", Types: []string{"timestamp with time zone"}},
		{Name: "finished_at", Types: []string{"timestamp with time zone"}},
		{Name: "run_by", Types: []string{"text"}},
		{Name: "host", Types: []string{"text"}},
		{Name: "belay_version", Types: []string{"text"}},
		{Name: "error", Types: []string{"text"}},
	},
	Privileges: []string{"SELECT", "INSERT", "UPDATE"},
	Create: func(table string) string {
		return `CREATE TABLE IF NOT EXISTS ` + table + ` (
    version pg_catalog.text PRIMARY KEY,
    title pg_catalog.text NOT NULL,
    sha256 char(64) NOT NULL,
    state pg_catalog.text NOT NULL CHECK (state OPERATOR(pg_catalog.=) ANY ('{running,applied,failed,reverted,baselined}'::pg_catalog.text[])),
    steps_done int,
    steps_total int,
    started_at timestamp with time zone NOT NULL DEFAULT pg_catalog.now(),
    finished_at timestamp with time zone,
    run_by pg_catalog.text NOT NULL DEFAULT session_user,
    host pg_catalog.text DEFAULT pg_catalog.host(pg_catalog.inet_client_addr()),
    belay_version pg_catalog.text,
    error pg_catalog.text
)`
	},
	Read: func(table string) string {
		return `SELECT version, title, coalesce(finished_at, started_at)::pg_catalog.text,
  state OPERATOR(pg_catalog.=) ANY ('{running,failed}'::pg_catalog.text[])
  FROM ` + table + ` WHERE state OPERATOR(pg_catalog.<>) 'reverted' ORDER BY pg_catalog.length(version) DESC, version DESC`
	},
	Record: func(table string, m Migration) []Write { return []Write{belayRow(table, m, "applied")} },
	Begin:  func(table string, m Migration) []Write { return []Write{belayRow(table, m, "running")} },
	BeginDown: func(table string, m Migration, _ *Migration) []Write {
		return []Write{belayState(table, m, "running")}
	},
	Unrecord: func(table string, m Migration, _ *Migration) []Write {
		return []Write{belayState(table, m, "reverted")}
	},
	Keys: plainKeys,
}

// belayRow keeps started_at of a row that Begin wrote, and begins anew where
// the version was taken back before.
func belayRow(table string, m Migration, state string) Write {
	return Write{
		SQL: `INSERT INTO ` + table + ` AS h (version, title, sha256, state, finished_at)
VALUES ($1, $2, $3, $4, CASE WHEN $4 OPERATOR(pg_catalog.=) 'applied' THEN pg_catalog.clock_timestamp() END)
ON CONFLICT (version) DO UPDATE SET title = excluded.title, sha256 = excluded.sha256, state = excluded.state,
    started_at = CASE WHEN h.state OPERATOR(pg_catalog.=) 'running' THEN h.started_at ELSE excluded.started_at END,
    finished_at = excluded.finished_at, run_by = excluded.run_by, host = excluded.host, error = NULL`,
		Args: []any{m.Version, m.Title, lfSHA256(m.Up.Bytes), state},
	}
}

func belayState(table string, m Migration, state string) Write {
	return Write{
		SQL: `UPDATE ` + table +
			` SET state = $2, finished_at = CASE WHEN $2 OPERATOR(pg_catalog.=) 'reverted' THEN pg_catalog.clock_timestamp() END WHERE version OPERATOR(pg_catalog.=) $1`,
		Args: []any{m.Version, state},
	}
}

// lfSHA256 is the same for a checkout with CRLF line ends.
func lfSHA256(b []byte) string {
	return hexSHA256([]byte(strings.ReplaceAll(string(b), "\r\n", "\n")))
}

func plainKeys(_, schema, table string) []int64 {
	const bela = 0x62656c61
	return []int64{bela<<32 | int64(crc32.ChecksumIEEE([]byte(schema+"\x00"+table)))}
}
