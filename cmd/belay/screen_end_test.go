package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"belay/db/dbtest"
)

// ownScreen is a screen that is no step of a run: what opens it, and what is on it once
// it is there. before is played first.
type ownScreen struct {
	name, before, opens string
	sees                []string
	// exit is what its end comes to: 4 where a person had begun something.
	exit int
	// free is one that a key leaves with nothing to be said: exit 0.
	free bool
}

var ownScreens = []ownScreen{
	{name: "watch", opens: "watch", sees: []string{"a sample costs"}},
	{name: "watch and record", opens: "watch --record seen.gz", sees: []string{"a sample costs"}},
	{
		name: "replay", opens: "replay seen.gz", sees: []string{"q leave"},
		before: "term 80x24 watch --record seen.gz\nsees 'a sample costs'\nkeys q\nends 0\n",
	},
	{name: "demo", opens: "demo --rows 20000", sees: []string{"enter run it: 1 careless"}},
	{name: "menu", opens: "", sees: []string{"what do you want to do"}, exit: 4, free: true},
	{name: "guide", opens: "", sees: []string{"000002_note.up.sql"}, exit: 4, free: true},
	{
		name: "rollback", opens: "rollback --answers back.toml", sees: []string{"take 2 back"}, exit: 4,
		before: "exec belay run 2 --answers run.toml\n",
	},
	{
		name: "backfill", opens: "backfill --table orders --set 'n = 1' --where 'n IS NULL' --answers near.toml",
		sees: []string{"ledger"}, exit: 4,
	},
	{
		name: "campaign", opens: "campaign new drop orders.note", sees: []string{"Create that schema?"}, exit: 4,
		before: "sql 'ALTER TABLE orders ADD COLUMN note text'\n",
	},
	{name: "review of typed SQL", opens: "review -", sees: []string{"reading SQL"}, exit: 1},
}

// screenWays are how a terminal ends under them.
var screenWays = []string{"hangup", "signal HUP", "signal TERM", "keys ctrl+c"}

// TestScreensEnd ends the terminal under each screen that is no step of a run. Nothing
// changes, nothing stays: no process, no session on the server, no word that is untrue.
func TestScreensEnd(t *testing.T) {
	for i, screen := range ownScreens {
		for j, way := range screenWays {
			if !dbtest.Long() && j != i%len(screenWays) {
				continue
			}
			t.Run(screen.name+"/"+way, func(t *testing.T) {
				t.Parallel()
				file := filepath.Join(t.TempDir(), "end.txtar")
				if err := os.WriteFile(file, []byte(screen.story(way)), 0o600); err != nil {
					t.Fatal(err)
				}
				play(t, file)
			})
		}
	}
}

// story is the screen's end as a story.
func (o ownScreen) story(way string) string {
	var b strings.Builder
	b.WriteString(`sql 'CREATE TABLE orders (id bigint PRIMARY KEY, n int); INSERT INTO orders VALUES (1, NULL); ` +
		`CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); ` +
		`INSERT INTO schema_migrations VALUES (1, false)'` + "\n" + o.before)
	fmt.Fprintf(&b, "term 80x24 %s\n", o.opens)
	for _, text := range o.sees {
		fmt.Fprintf(&b, "sees '%s'\n", text)
	}
	exit := o.exit
	if o.free && strings.HasPrefix(way, "keys") {
		exit = 0
	}
	fmt.Fprintf(&b, "%s\nends %d\n", way, exit)
	b.WriteString("until 'NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name LIKE ''belay%'' AND " +
		"datname = current_database())'\n")
	b.WriteString("-- run.toml --\n" + `target.environment = "local"
run.confirm = "yes"
backup.choice = "none"
rehearse.choice = "none"
ledger.create = "yes"
-- back.toml --
target.environment = "local"
deploy.state = "everywhere"
-- near.toml --
target.environment = "local"
-- migrations/000001_orders.up.sql --
CREATE TABLE orders (id bigint PRIMARY KEY, n int);
`)
	if o.name != "menu" {
		b.WriteString("-- migrations/000002_note.up.sql --\nALTER TABLE orders ADD COLUMN flag text;\n" +
			"-- migrations/000002_note.down.sql --\nALTER TABLE orders DROP COLUMN flag;\n")
	}
	return b.String()
}
