package migration

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

// strangeFolders are folders as people have them, with what belay finds in them: the
// versions that it reads, and how each problem begins.
var strangeFolders = []struct {
	name, tool string
	root       fstest.MapFS
	versions   string
	problems   []string
}{
	{
		"a test beside the migrations is none", "goose",
		repo("migrations/00001_a.sql=-- +goose Up\nSELECT 1;\n", "migrations/00001_a_test.go=package migrations"),
		"1", nil,
	},
	{
		"a byte order mark is all that is told", "goose",
		repo("migrations/00001_a.sql=\xef\xbb\xbf-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n"),
		"1", []string{"00001_a.sql: begins with a byte order mark"},
	},
	{
		"a byte order mark is all that is told", "dbmate",
		repo("migrations/1_a.sql=\xef\xbb\xbf-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n"),
		"1", []string{"1_a.sql: begins with a byte order mark"},
	},
	{
		"Flyway leaves a byte order mark out", "flyway",
		repo("migrations/V1__a.sql=\xef\xbb\xbfSELECT 1;\r\n"), "1", nil,
	},
	{
		"of another server", "prisma",
		repo("migrations/1_a/migration.sql=SELECT 1;", "migrations/migration_lock.toml=# x\nprovider = \"mysql\"\n"),
		"1_a", []string{"migration_lock.toml has the provider mysql, not postgresql"},
	},
	{
		"types beside the programs", "sequelize",
		repo("migrations/20240101-a.js=module.exports = { up() {} }", "migrations/20240101-a.d.ts=export {}",
			"migrations/20240102-b.mjs=export {}", "migrations/20240103-c.cts=export {}"),
		"20240101-a.js 20240103-c.cts", nil,
	},
}

func TestStrangeFolders(t *testing.T) {
	for _, c := range strangeFolders {
		f, err := Find(c.tool)
		if err != nil {
			t.Fatal(err)
		}
		folder, err := f.Load(c.root, "migrations")
		if err != nil {
			t.Fatal(err)
		}
		var versions []string
		for _, m := range folder.Migrations {
			versions = append(versions, m.Version)
		}
		if got := strings.Join(versions, " "); got != c.versions {
			t.Errorf("%s, %s: versions %s, want %s", c.tool, c.name, got, c.versions)
		}
		for i, p := range folder.Problems {
			if i >= len(c.problems) || !strings.HasPrefix(p.Message, c.problems[i]) {
				t.Errorf("%s, %s: problem %q, want %q", c.tool, c.name, p.Message, c.problems)
			}
		}
		if len(folder.Problems) < len(c.problems) {
			t.Errorf("%s, %s: %d problems, want %q", c.tool, c.name, len(folder.Problems), c.problems)
		}
	}
}

// Where no known place has migrations, those further below are named.
func TestNear(t *testing.T) {
	for want, root := range map[string]fstest.MapFS{
		"name it, as --migrations packages/api/migrations (Knex)": repo(
			"packages/api/migrations/1_a.js=exports.up = knex => {}",
			"node_modules/x/migrations/2_a.js=exports.up = knex => {}", "main.go=package main"),
		"name it, as --migrations services/db/versions (Alembic)": repo(
			"services/db/versions/a1_x.py=revision = 'a1'\ndown_revision = None\n"),
		"name it, as --migrations shop/migrations (Django)": repo(
			"shop/migrations/0001_initial.py=class Migration(migrations.Migration):"),
		"name it, as --migrations migrations/v1 (golang-migrate), or --migrations migrations/v2 (golang-migrate)": repo(
			"migrations/v1/1_a.up.sql=SELECT 1", "migrations/v2/2_a.up.sql=SELECT 1"),
		"name it with --migrations DIR": repo("src/1_a.up.sql=SELECT 1"),
	} {
		none := &NoFolderError{}
		if _, err := Pick(Detect(root, "")); !errors.As(err, &none) {
			t.Errorf("%v: %v", keys(root), err)
			continue
		}
		none.Near = Near(root, ".")
		if got := none.Hint(); !strings.HasPrefix(got, want) {
			t.Errorf("%v:\n got %s\nwant %s", keys(root), got, want)
		}
	}
}

// strangeHistories are history tables as people have them: what is said of them first.
var strangeHistories = []struct {
	tool string
	root fstest.MapFS
	rows []Row
	says string
}{
	{
		"prisma", repo("migrations/1_a/migration.sql=SELECT 1;\r\n"),
		[]Row{{Version: "1_a", Checksum: hexSHA256([]byte("SELECT 1;\n"))}}, "",
	},
	{
		"prisma", repo("migrations/1_a/migration.sql=SELECT 2;\r\n"),
		[]Row{{Version: "1_a", Checksum: hexSHA256([]byte("SELECT 1;\n"))}},
		"1_a/migration.sql is not what Prisma recorded",
	},
	{
		"golang-migrate", repo("migrations/1_a.up.sql=SELECT 1;", "migrations/2_b.up.sql=SELECT 1;"),
		[]Row{{Version: "1"}, {Version: "2"}},
		"the history table has 2 rows (1, 2), and golang-migrate keeps one: which of them it reads is chance",
	},
	{
		"knex", repo("migrations/20240101_a.ts=export async function up(knex) {}"),
		[]Row{{Version: "20240101_a.js", Name: "20240101_a.js"}},
		"the database has applied 20240101_a.js, and the folder has 20240101_a.ts: the tool goes by the whole name",
	},
	{
		"knex", repo("migrations/20240101_a.ts=export async function up(knex) {}"),
		[]Row{{Version: "20240102_b.js", Name: "20240102_b.js"}},
		"the database has applied 20240102_b.js, and no file of the folder is it",
	},
}

func TestStrangeHistories(t *testing.T) {
	for _, c := range strangeHistories {
		f, err := Find(c.tool)
		if err != nil {
			t.Fatal(err)
		}
		folder, err := f.Load(c.root, "migrations")
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		if found := Compare(folder, c.rows, f.History).Problems(f); len(found) > 0 {
			said = found[0].Message
		}
		if !strings.HasPrefix(said, c.says) || c.says == "" && said != "" {
			t.Errorf("%s: %q, want %q", c.tool, said, c.says)
		}
	}
}
