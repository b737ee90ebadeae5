package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// says fails where a call did not end with the code, or did not say a text.
func (p *person) says(t *testing.T, code int, text string, args ...string) said {
	t.Helper()
	s := p.belay(args...)
	if s.code != code || !strings.Contains(s.out+s.err, text) {
		t.Errorf("%q: want exit %d and %q, got %s", args, code, text, s)
	}
	return s
}

// TestWatchNamesRelations holds names that are none, several, and one.
func TestWatchNamesRelations(t *testing.T) {
	t.Parallel()
	p := newPerson(t, map[string]string{"migrations/000001_a.up.sql": "SELECT 1;\n"})
	p.db.Exec(t,
		"CREATE TABLE users (id int); CREATE SCHEMA other; CREATE TABLE other.users (id int); CREATE TABLE orders "+
			"(id int)")
	p.says(t, 1, "there is no relation nosuch", "watch", "--once", "nosuch")
	p.says(t, 1, "name one of other.users, public.users", "watch", "--once", "users")
	p.says(t, 0, "public.orders", "watch", "--once", "orders")
	p.says(t, 0, "other.users", "watch", "--once", "other.users")
}

// TestStatusOfAFolderThatCannotBeRead holds that it is no empty folder.
func TestStatusOfAFolderThatCannotBeRead(t *testing.T) {
	t.Parallel()
	p := newPerson(t, map[string]string{
		"migrations/000001_a.up.sql": "CREATE TABLE a (id int);\n",
		"migrations/1_b.up.sql":      "CREATE TABLE b (id int);\n",
	})
	p.says(t, 1, "belay renumber migrations/1_b.up.sql", "status")
	if err := os.RemoveAll(filepath.Join(p.dir, "migrations")); err != nil {
		t.Fatal(err)
	}
	p.says(t, 2, "no migrations folder found", "status")
}

// TestServerVersionIsObeyed holds that $DATABASE_URL does not overrule a version
// that was asked for, and that two versions are one too many.
func TestServerVersionIsObeyed(t *testing.T) {
	t.Parallel()
	p := newPerson(t, map[string]string{"migrations/000001_a.up.sql": "CREATE TABLE a (id int);\n"})
	p.says(t, 0, `"server_version":12`, "review", "--server-version", "12", "--output", "json")
	p.says(t, 2, "both given", "review", "--server-version", "12", "--dsn", p.db.DSN)
}
