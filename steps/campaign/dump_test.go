package campaign

import (
	"os/exec"
	"regexp"

	"belay/db/dbtest"
	"belay/db/dump"
)

// dump is the schema as pg_dump prints it, without what differs from call to call.
func (p *place) dump() string {
	p.t.Helper()
	major := dbtest.QueryVal[int](p.t, p.db, `SELECT current_setting('server_version_num')::int / 10000`)
	client, err := dump.Find(p.t.Context(), "", major)
	if err != nil {
		p.t.Skip(err)
	}
	out, err := exec.CommandContext(p.t.Context(), client.Dump, "--schema-only", "--schema=public",
		"--dbname="+p.db.DSN).CombinedOutput()
	if err != nil {
		p.t.Fatalf("pg_dump: %v: %s", err, out)
	}
	return regexp.MustCompile(`(?m)^\\(un)?restrict.*$`).ReplaceAllString(string(out), "")
}
