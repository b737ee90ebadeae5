package menu

import (
	"os"
	"strings"
	"testing"

	"belay/sqlview/lint/rules"
)

func TestEntriesAreValid(t *testing.T) {
	for _, e := range All() {
		if err := e.Validate(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(e.Name + ".go"); err != nil {
			t.Errorf("entry %s has no file of its name", e.Name)
		}
	}
	for _, bad := range []Entry{
		{}, {Name: "x", Title: "x", Doc: ForgotColumn.Doc},
		{Name: "x", Title: "x", Doc: ForgotColumn.Doc, Steps: []Step{{Title: "no file named", Text: "write it"}}},
	} {
		if bad.Validate() == nil {
			t.Errorf("%+v is valid", bad)
		}
	}
}

// The files are called as the team's tool would call the next ones.
func TestTextNamesTheNextFiles(t *testing.T) {
	for _, c := range []struct {
		place Place
		want  []string
	}{
		{Place{}, []string{"VERSION_add_token_to_users.sql", "VERSION_users_token_validated.sql"}},
		{
			Place{Folder: "./migrations", Tool: "golang-migrate", Last: "000041_x.up.sql"},
			[]string{
				"migrations/000042_add_token_to_users.up.sql", "migrations/000043_users_token_present.up.sql",
				"migrations/000045_users_token_not_null.up.sql",
			},
		},
		{
			Place{Folder: "./migrations", Tool: "golang-migrate"},
			[]string{"migrations/000001_add_token_to_users.up.sql"},
		},
		{
			Place{Folder: "db", Tool: "plain", Last: "20260101000000_x.sql", Now: "20261123180000"},
			[]string{"db/20261123180000_add_token_to_users.sql", "db/20261123180001_users_token_present.sql"},
		},
	} {
		text := HugeTableColumn.Text(c.place)
		for _, w := range c.want {
			if !strings.Contains(text, w) {
				t.Errorf("%+v: no %s in\n%s", c.place, w, text)
			}
		}
		if strings.Contains(text, "{file}") || strings.Contains(text, "{down}") {
			t.Errorf("%+v: a name is not filled in:\n%s", c.place, text)
		}
	}
	if s := ForgotColumn.Text(Place{
		Folder: "./m", Tool: "golang-migrate", Last: "9_x.up.sql",
	}); !strings.Contains(s, "m/10_add_note_to_orders.down.sql") {
		t.Errorf("no way back named:\n%s", s)
	}
	if s := IndexLive.Text(Place{
		Folder: "db", Tool: "plain", Now: "20261123180000",
	}); !strings.Contains(s, "    -- belay: no-transaction\n    CREATE INDEX CONCURRENTLY") {
		t.Errorf("the plain format is not told to run it outside a transaction:\n%s", s)
	}
}

// What is explained further exists.
func TestRulesNamedExist(t *testing.T) {
	known := map[string]bool{"rollback": true}
	for _, r := range rules.All() {
		known[r.ID] = true
	}
	for _, e := range All() {
		for _, s := range e.Steps {
			for _, line := range strings.Split(s.Code, "\n") {
				if name, ok := strings.CutPrefix(line, "belay explain "); ok && !known[name] {
					t.Errorf("%s names %q, which nothing explains", e.Name, name)
				}
			}
		}
	}
}

// What is typed becomes the words of a shell, and only a campaign of a kind that there is.
func TestChangeOverDays(t *testing.T) {
	for words, want := range map[string]string{
		"drop old_orders":                 "drop old_orders",
		"rename users people":             "rename users people",
		`rename "Order Items"."A" b`:      `rename '"Order Items"."A"' b`,
		"type orders.total numeric(9, 2)": "type orders.total 'numeric(9, 2)'",
		"type users.age double precision": "type users.age 'double precision'",
		`split p.name a,b --set "a = 1"`:  `split p.name a,b --set "a = 1"`,
		"drop":                            "", "squash users": "", "": "",
	} {
		own, err := ChangeOverDays.Read(words)
		switch {
		case want == "" && err == nil:
			t.Errorf("%q is no change: %v", words, own.Next)
		case want != "" && (err != nil || !own.Begins || own.Next[0] != "belay campaign new "+want):
			t.Errorf("%q: %v, %v", words, own.Next, err)
		}
	}
}
