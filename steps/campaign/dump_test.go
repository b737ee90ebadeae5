package campaign

import (
	"os/exec"
	"regexp"
	"strings"

	"belay/db/dbtest"
	"belay/db/dump"
)

// dump is the schema as pg_dump prints it, without what differs from call to call; where
// the server is newer than pg_dump, what the catalog says of it.
func (p *place) dump() string {
	p.t.Helper()
	major := dbtest.QueryVal[int](p.t, p.db, `SELECT current_setting('server_version_num')::int / 10000`)
	client, err := dump.Find(p.t.Context(), "", major)
	if err != nil {
		return strings.Join(dbtest.QueryCol[string](p.t, p.db, schemaSQL), "\n")
	}
	out, err := exec.CommandContext(p.t.Context(), client.Dump, "--schema-only", "--schema=public",
		"--dbname="+p.db.DSN).CombinedOutput()
	if err != nil {
		p.t.Fatalf("pg_dump: %v: %s", err, out)
	}
	return regexp.MustCompile(`(?m)^\\(un)?restrict.*$`).ReplaceAllString(string(out), "")
}

const schemaSQL = `WITH r AS (SELECT c.oid, c.relname, c.relkind, c.reloptions, c.relacl, c.relrowsecurity, c.relreplident FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace), all_of AS (
SELECT format('%s %s %s %s %s %s', relkind, relname, reloptions, relacl, relrowsecurity, relreplident) AS line FROM r
UNION ALL SELECT format('%s.%s %s %s %s %s %s %s %s', r.relname, a.attname, row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum),
  format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid),
  col_description(r.oid, a.attnum)) FROM r JOIN pg_attribute a ON a.attrelid = r.oid AND r.relkind <> 'i' AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
UNION ALL SELECT format('%s %s %s %s', r.relname, k.conname, pg_get_constraintdef(k.oid), k.convalidated) FROM r JOIN pg_constraint k ON k.conrelid = r.oid
UNION ALL SELECT format('%s %s', pg_get_indexdef(i.indexrelid), i.indisvalid) FROM r JOIN pg_index i ON i.indrelid = r.oid
UNION ALL SELECT pg_get_triggerdef(t.oid) FROM r JOIN pg_trigger t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal
UNION ALL SELECT format('%s %s', r.relname, pg_get_viewdef(r.oid)) FROM r WHERE r.relkind = 'v'
UNION ALL SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e'))
SELECT line FROM all_of ORDER BY 1`
