package migration

import (
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// foreignTool is one sign of one tool; any field that is set and matches is a
// hit, but for path and beside, which only narrow base.
type foreignTool struct {
	name, title string
	score       int
	// file stands in the folder, inside in one of its sub-folders.
	file, inside string
	// sql and code match the head of .sql and of program files.
	sql, code *regexp.Regexp
	// base matches a file's name, where the folder's path ends in path and
	// beside stands at the root.
	base         *regexp.Regexp
	path, beside string
}

// foreign are the tools that belay knows by sight and does not run. A folder
// of theirs must be named, never misread as plain files.
var foreign = []foreignTool{
	{name: "atlas", title: "Atlas", score: 100, file: "atlas.sum"},
	{name: "sqitch", title: "Sqitch", score: 100, file: "sqitch.plan"},
	{name: "drizzle", title: "Drizzle", score: 100, file: "meta/_journal.json"},
	{name: "prisma", title: "Prisma", score: 100, file: "migration_lock.toml"},
	{name: "prisma", title: "Prisma", score: 90, inside: "migration.sql"},
	{name: "diesel", title: "Diesel", score: 90, inside: "up.sql"},
	{name: "supabase", title: "Supabase", score: 90, path: "supabase/migrations", base: regexp.MustCompile(`^[0-9]+_.*\.sql$`)},
	{name: "liquibase", title: "Liquibase", score: 100, sql: regexp.MustCompile(`(?i)\A--\s*liquibase formatted sql`)},
	{name: "goose", title: "goose", score: 100, sql: sections[0].line},
	{name: "dbmate", title: "dbmate", score: 100, sql: sections[1].line},
	{name: "tern", title: "tern", score: 100, sql: sections[2].line},
	{name: "node-pg-migrate", title: "node-pg-migrate", score: 95, sql: sections[3].line},
	{name: "sqlx", title: "sqlx", score: 90, sql: regexp.MustCompile(`\A-- no-transaction`)},
	{name: "sqlx", title: "sqlx", score: 60, beside: "Cargo.toml", base: regexp.MustCompile(`^[0-9]+_.*\.sql$`)},
	{name: "flyway", title: "Flyway", score: 95, base: regexp.MustCompile(`^R__.*\.sql$|^V[0-9._]+__.*\.sql\.conf$`)},
	{name: "refinery", title: "refinery", score: 85, beside: "Cargo.toml", base: regexp.MustCompile(`^[UV][0-9]+__.*\.(sql|rs)$`)},
	{name: "flyway", title: "Flyway", score: 80, base: regexp.MustCompile(`^V[0-9][0-9._]*__.*\.sql$`)},
	{name: "alembic", title: "Alembic", score: 95, code: regexp.MustCompile(`(?m)^down_revision\b`)},
	{name: "django", title: "Django", score: 95, code: regexp.MustCompile(`\(migrations\.Migration\)`)},
	{name: "rails", title: "Rails", score: 95, code: regexp.MustCompile(`ActiveRecord::Migration`)},
	{name: "knex", title: "Knex, Sequelize or node-pg-migrate", score: 90, code: regexp.MustCompile(`exports\.up\b|export (async function|const) up\b|module\.exports\s*=\s*\{[^}]*\bup\b`)},
	{name: "goose", title: "goose", score: 90, code: regexp.MustCompile(`goose\.AddMigration`)},
}

// foreignTitle is how a tool that belay does not run calls itself.
func foreignTitle(name string) (string, bool) {
	for _, t := range foreign {
		if t.name == strings.ToLower(name) {
			return t.title, true
		}
	}
	return name, false
}

// detectForeign names the best guess at each tool that belay does not run.
func detectForeign(root fs.FS, dir string) []Detection {
	l, err := list(root, dir)
	if err != nil {
		return nil
	}
	sql, code := heads(root, dir, l)
	var found []Detection
	seen := map[string]bool{}
	for _, t := range foreign {
		hit := t.file != "" && there(root, path.Join(dir, t.file)) ||
			t.inside != "" && anyInside(root, dir, l, t.inside) ||
			t.sql != nil && anyMatch(sql, t.sql) || t.code != nil && anyMatch(code, t.code) ||
			t.base != nil && t.byName(root, dir, l)
		if hit && !seen[t.name] {
			seen[t.name] = true
			found = append(found, Detection{Dir: dir, Tool: t.name, Score: t.score})
		}
	}
	return found
}

func (t foreignTool) byName(root fs.FS, dir string, l listing) bool {
	return (t.path == "" || strings.HasSuffix(dir, t.path)) && (t.beside == "" || there(root, t.beside)) &&
		slices.ContainsFunc(l.files, t.base.MatchString)
}

// heads reads the beginnings of the first files: a marker stands near the top,
// and a folder is written by one tool.
func heads(root fs.FS, dir string, l listing) (sql, code [][]byte) {
	for _, name := range l.files {
		ext := path.Ext(name)
		switch {
		case ext == ".sql" && len(sql) < 8:
			sql = append(sql, head(root, path.Join(dir, name)))
		case strings.Contains(".py.rb.js.ts.go.cjs.mjs", ext) && ext != "" && len(code) < 8:
			code = append(code, head(root, path.Join(dir, name)))
		}
	}
	return sql, code
}

// head reads at most 8 kB; nothing where the file cannot be read.
func head(root fs.FS, name string) []byte {
	file, err := root.Open(name)
	if err != nil {
		return nil
	}
	defer file.Close()
	b, _ := io.ReadAll(io.LimitReader(file, 8<<10))
	return b
}

func anyMatch(texts [][]byte, re *regexp.Regexp) bool {
	return slices.ContainsFunc(texts, re.Match)
}

// anyInside looks into at most eight sub-folders.
func anyInside(root fs.FS, dir string, l listing, name string) bool {
	return slices.ContainsFunc(l.folders[:min(len(l.folders), 8)], func(folder string) bool {
		return there(root, path.Join(dir, folder, name))
	})
}
