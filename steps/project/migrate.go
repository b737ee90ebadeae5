package project

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/dsn"
	"belay/sqlview/migration"
	"belay/sqlview/pattern"
)

const golangMigrate = "golang-migrate"

// toolParams are what golang-migrate v4.20.1 reads of a URL (database/pgx/pgx.go,
// database/pgx/v5/pgx.go, database/postgres/postgres.go).
var toolParams = map[string]bool{
	"x-migrations-table": true, "x-migrations-table-quoted": true, "x-multi-statement": true,
	"x-multi-statement-max-size": true,
	"x-statement-timeout":        true, "x-lock-strategy": true, "x-lock-table": true,
}

// migrate is what the DSN says to golang-migrate. The zero value = nothing.
type migrate struct {
	// table is the history table as SQL quotes it, with or without schema.
	table string
	// oneByOne is true where each statement of a file is sent alone.
	oneByOne bool
	// timeout ends a statement; 0 = none.
	timeout time.Duration
}

// migrate reads the parameters x-… of the DSN as the tool does; it is zero for
// another tool. The error is a *UsageError.
func (p *Project) migrate() (m migrate, err error) {
	if p.Picked.Tool != golangMigrate {
		return m, nil
	}
	d, err := dsn.Read(p.DSN)
	if err != nil || len(d.Tool) == 0 {
		return m, nil // the DSN's own error is told by who connects
	}
	if m.table, err = migrationsTable(d.Tool); err != nil {
		return m, err
	}
	if m.oneByOne, err = toolBool(d.Tool, "x-multi-statement"); err != nil {
		return m, err
	}
	if s := d.Tool["x-statement-timeout"]; s != "" {
		ms, err := strconv.Atoi(s)
		if err != nil || ms < 0 {
			return m, wrongTool("x-statement-timeout", "it is a whole number of milliseconds")
		}
		m.timeout = time.Duration(ms) * time.Millisecond
	}
	if s := d.Tool["x-lock-strategy"]; s != "" && s != "advisory" {
		return m, &UsageError{
			Problem: "x-lock-strategy of the DSN is not advisory: belay keeps the tool away by its advisory key alone",
			Advice:  "leave x-lock-strategy out, for the tool too, or run the migration with the tool itself",
		}
	}
	return m, p.oneTable(m.table)
}

func wrongTool(name, wants string) error {
	return &UsageError{Problem: name + " of the DSN cannot be read: golang-migrate would refuse it", Advice: wants}
}

func toolBool(params map[string]string, name string) (bool, error) {
	s := params[name]
	if s == "" {
		return false, nil
	}
	b, err := strconv.ParseBool(s)
	if err != nil {
		return false, wrongTool(name, "it is true or false")
	}
	return b, nil
}

// quotedParts is how the tool takes schema and table out of a quoted name.
var quotedParts = pattern.New(`"(.*?)"`)

// migrationsTable is the history table that the DSN names: the name as it is, or,
// with x-migrations-table-quoted, what stands in quotation marks.
func migrationsTable(params map[string]string) (string, error) {
	name := params["x-migrations-table"]
	quoted, err := toolBool(params, "x-migrations-table-quoted")
	switch {
	case err != nil || name == "":
		return "", err
	case !quoted:
		return pgx.Identifier{name}.Sanitize(), nil
	}
	parts := quotedParts.FindAllStringSubmatch(name, -1)
	if !strings.HasPrefix(name, `"`) || !strings.HasSuffix(name, `"`) || len(parts) == 0 || len(parts) > 2 {
		return "",
			wrongTool("x-migrations-table",
				`with x-migrations-table-quoted it is "table" or "schema"."table", with the quotation marks`)
	}
	var id pgx.Identifier
	for _, part := range parts {
		id = append(id, part[1])
	}
	return id.Sanitize(), nil
}

// oneTable refuses two names of one history table.
func (p *Project) oneTable(table string) error {
	configured := p.Config.HistoryTable
	if table == "" || configured == "" || lastName(configured) == lastName(table) {
		return nil
	}
	return &UsageError{
		Problem: fmt.Sprintf("the history table is %s by history_table in %s, and another by x-migrations-table in "+
			"the DSN", configured, FileName),
		Advice: "keep one of them: the tool goes by the DSN",
	}
}

// lastName is the table's name of schema.table, without quotation marks.
func lastName(name string) string {
	if strings.HasSuffix(name, `"`) {
		all := quotedParts.FindAllStringSubmatch(name, -1)
		return all[len(all)-1][1]
	}
	return strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
}

// HistoryTable is the team's own name of the tool's history table, as SQL writes
// it: of belay.toml, of the DSN, or of a file of the tool's in the folder; "" = the
// tool's default.
func (p *Project) HistoryTable(folder migration.Folder) string {
	m, err := p.migrate()
	if err != nil {
		m.table = ""
	}
	return cmp.Or(p.Config.HistoryTable, m.table, folder.HistoryTable) // belay.toml says more, where it has a schema
}

// StatementTimeout is after how long the tool would end a statement; 0 = never.
func (p *Project) StatementTimeout() time.Duration {
	m, _ := p.migrate()
	return m.timeout
}

// driverSettings are what the tool's own driver sets when it connects, whatever
// role and database say. golang-migrate's for postgres:// is lib/pq, which sets
// DateStyle, and client_encoding as belay does (connector.go, v1.10.9 and v1.12.3);
// for pgx5:// it is pgx, which sets none.
func (p *Project) driverSettings() []db.Setting {
	if p.Picked.Tool != golangMigrate || strings.HasPrefix(p.DSN, "pgx") {
		return nil
	}
	return []db.Setting{{Name: "DateStyle", Want: "ISO, MDY"}}
}

// ReadFolder reads the migrations folder as the tool would run it with this DSN.
func (p *Project) ReadFolder(f migration.Format) (migration.Folder, error) {
	return p.readFolder(f, p.Root())
}

// ReadFolderWith reads the folder as if some of its files had another text. Paths are
// relative to the folder.
func (p *Project) ReadFolderWith(f migration.Format, texts map[string][]byte) (migration.Folder, error) {
	over := overlay{FS: p.Root(), texts: map[string][]byte{}}
	for name, text := range texts {
		over.texts[path.Join(p.Picked.Dir, name)] = text
	}
	return p.readFolder(f, over)
}

func (p *Project) readFolder(f migration.Format, root fs.FS) (migration.Folder, error) {
	folder, err := f.Load(root, p.Picked.Dir)
	if m, _ := p.migrate(); m.oneByOne {
		folder = folder.OneByOne()
	}
	return folder, err
}
