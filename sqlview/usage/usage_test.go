package usage

import (
	"slices"
	"testing"

	"belay/sqlview/parse"
)

var email = Subject{Schema: "public", Relation: "users", Column: "email", Sharing: []string{"accounts"}}

func read(t *testing.T, s Subject, sql string) Use {
	t.Helper()
	files, err := parse.Parse(t.Context(), []byte(sql))
	if err != nil {
		t.Fatal(err)
	}
	found := Use{}
	for _, st := range files[0].Statements {
		found = found.or(s.Statement(st))
	}
	return found
}

func TestStatement(t *testing.T) {
	for sql, want := range map[string]Verdict{
		`SELECT email FROM users WHERE id = $1`:                                       Sure,
		`SELECT "email" FROM public.users`:                                            Sure,
		`select u.EMAIL from Users u`:                                                 Sure,
		`SELECT email_address FROM users`:                                             None,
		`SELECT "Email" FROM users`:                                                   None,
		`SELECT email FROM accounts`:                                                  None,
		`SELECT email FROM other.users`:                                               None,
		`SELECT id FROM users WHERE name = 'email'`:                                   None,
		`SELECT id AS email FROM users`:                                               None,
		`SELECT a.email, u.id FROM accounts a JOIN users u ON u.id = a.id`:            None,
		`SELECT u.email FROM accounts a JOIN users u ON u.id = a.id`:                  Sure,
		`SELECT id FROM users ORDER BY users.email`:                                   Sure,
		`SELECT email FROM accounts, users`:                                           Perhaps,
		`SELECT * FROM users`:                                                         Perhaps,
		`SELECT a.* FROM accounts a, users u`:                                         None,
		`SELECT count(*) FROM users`:                                                  None,
		`SELECT row_to_json(u) FROM users u`:                                          Perhaps,
		`SELECT 1 FROM users JOIN accounts USING (email)`:                             Sure,
		`INSERT INTO users (id, email) VALUES ($1, $2)`:                               Sure,
		`INSERT INTO users (id) VALUES ($1) RETURNING email`:                          Sure,
		`INSERT INTO users VALUES ($1, $2)`:                                           Perhaps,
		`INSERT INTO users (id) VALUES (1) ON CONFLICT (email) DO NOTHING`:            Sure,
		`INSERT INTO users (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET email = ''`: Sure,
		`INSERT INTO users (id) SELECT id FROM accounts WHERE accounts.email = ''`:    None,
		`INSERT INTO accounts (email) SELECT 'a' FROM users`:                          None,
		`UPDATE users SET email = $1`:                                                 Sure,
		`UPDATE accounts SET email = $1`:                                              None,
		`UPDATE users SET name = $1 WHERE id = $2`:                                    None,
		`DELETE FROM users WHERE email IS NULL`:                                       Sure,
		`COPY users TO stdout`:                                                        Perhaps,
		`COPY users (id, email) TO stdout`:                                            Sure,
		`WITH users AS (SELECT 1 AS email) SELECT email FROM users`:                   None,
		`WITH x AS (SELECT email FROM users) SELECT 1 FROM x`:                         Sure,
		`SELECT 1 WHERE EXISTS (SELECT 1 FROM users u WHERE u.email = $1)`:            Sure,
		`MERGE INTO users u USING accounts a ON a.id = u.id
			WHEN MATCHED THEN UPDATE SET email = a.name`: Sure,
		`ALTER TABLE users DROP COLUMN email`:                    None,
		`DO $$ BEGIN UPDATE users SET email = ''; END $$`:        Perhaps,
		`PREPARE a AS SELECT email FROM users`:                   Sure,
		`SELECT email, some_very_long FROM users WHERE name = '`: Sure, // cut by the server
	} {
		if got := read(t, email, sql); got.Verdict != want {
			t.Errorf("%s: %v, want %v", sql, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	s := Subject{Schema: "public", Relation: "Old Users"}
	for sql, want := range map[string]Verdict{
		`SELECT 1 FROM "Old Users"`:       Sure,
		`SELECT 1 FROM other."Old Users"`: None,
		`SELECT 1 FROM "old users"`:       None,
		`TRUNCATE "Old Users"`:            Sure,
	} {
		if got := read(t, s, sql); got.Verdict != want {
			t.Errorf("%s: %v, want %v", sql, got, want)
		}
	}
	s.Twins = []string{"archive"}
	if got := read(t, s, `SELECT 1 FROM "Old Users"`); got.Verdict != Perhaps || got.Why == "" {
		t.Errorf("two schemas have one: %v", got)
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		text string
		want Verdict
	}{
		{"BEGIN UPDATE users SET email = lower(email); END", Sure},
		{"BEGIN -- users.email\n RETURN 1; END", None},
		{"BEGIN PERFORM 1 FROM users WHERE email_address = ''; END", None},
		{"BEGIN UPDATE accounts SET email = ''; END", Perhaps},
		{"BEGIN EXECUTE 'UPDATE users SET email = $1'; END", Perhaps},
		{"BEGIN EXECUTE format('SELECT email FROM %I', t); END", Perhaps},
		{"BEGIN RETURN 'nothing here'; END", None},
	} {
		if got := email.Text(c.text); got.Verdict != c.want {
			t.Errorf("%s: %v, want %v", c.text, got, c.want)
		}
	}
	if got := email.Body("BEGIN NEW.email := lower(NEW.email); RETURN NEW; END"); got.Verdict != Sure {
		t.Errorf("a trigger's function: %v", got)
	}
}

func TestOwn(t *testing.T) {
	for _, sql := range []string{
		`UPDATE ONLY "public"."users" AS "users" /* belay */ SET "a" = b`, `COPY public.users (id, email) TO stdout;`,
	} {
		if !Own(sql) {
			t.Errorf("%s is our own", sql)
		}
	}
	if Own("COPY users TO STDOUT WITH CSV") || Own("SELECT email FROM users") {
		t.Error("an application's statement is not our own")
	}
}

func TestParts(t *testing.T) {
	for name, want := range map[string][]string{
		"users.email": {"users", "email"}, `"My Table"."E""x"`: {"My Table", `E"x`}, "Public.Users": {"public",
			"users"},
		"": nil, "a.": nil, "a b": nil, "a;b": nil, ".a": nil,
	} {
		if got := Parts(name); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	for line, want := range map[string]Verdict{
		`db.Query("SELECT email FROM users")`: Sure, `user.email = x`: Perhaps, `send_email(x)`: None,
		`row.email_address`: None,
	} {
		if got := email.Line(line); got.Verdict != want {
			t.Errorf("%s: %v, want %v", line, got, want)
		}
	}
}
