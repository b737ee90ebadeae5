package sqlview

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"belay/sqlview/lint"
)

// TestSecretsOfUnlistedColumns: the catalog says which value of an INSERT without a list of
// columns is a password.
func TestSecretsOfUnlistedColumns(t *testing.T) {
	const users = "CREATE TABLE users (id int, name text, password text, note text);\n"
	for _, sql := range []string{
		"INSERT INTO users VALUES (1, 'bob', 'hunter2-Zx9', 'shown')",
		"INSERT INTO public.users VALUES (1, 'bob', 'first-one', 'shown'), (2, 'eve', 'hunter2-Zx9', 'shown')",
		"INSERT INTO users SELECT 1, 'bob', lower('hunter2-Zx9'), 'shown'",
		"INSERT INTO users AS u VALUES (1, 'bob', 'hunter2' || '-Zx9', 'shown')",
		"WITH n AS (INSERT INTO users VALUES (1, 'bob', 'hunter2-Zx9', 'shown') RETURNING id) SELECT * FROM n",
		"INSERT INTO users VALUES (1, 'bob', 'hunter2-Zx9', 'shown') ON CONFLICT DO NOTHING",
		"INSERT INTO users TABLE users; INSERT INTO users VALUES (1, 'bob', E'hunter2-Zx9', 'shown')",
		"ALTER TABLE users ADD COLUMN api_token text; " +
			"INSERT INTO users VALUES (1, 'bob', NULL, 'shown', 'hunter2-Zx9')",
		"INSERT INTO users SELECT 1, 'bob', NULL, 'shown' UNION ALL SELECT 2, 'eve', 'hunter2-Zx9', 'shown'",
		"INSERT INTO users SELECT * FROM (VALUES (1, 'bob', 'hunter2-Zx9', 'shown')) v",
		"INSERT INTO users (SELECT 1, 'bob', 'hunter2-Zx9', 'shown')",
		"INSERT INTO users OVERRIDING SYSTEM VALUE VALUES (1, 'bob', 'hunter2-Zx9', 'shown')",
		"DO $$ BEGIN INSERT INTO users VALUES (1, 'bob', 'hunter2-Zx9', 'shown'); END $$",
		"CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ " +
			"INSERT INTO users VALUES (1, 'b', 'hunter2-Zx9', 'shown') $$",
		"MERGE INTO users u USING (VALUES (1)) v(id) ON u.id = v.id " +
			"WHEN NOT MATCHED THEN INSERT VALUES (1, 'bob', 'hunter2-Zx9', 'shown')",
		"CREATE FUNCTION put(kind text, password text) RETURNS void LANGUAGE sql AS ''; " +
			"SELECT put('shown', 'hunter2-Zx9')",
		"CREATE FUNCTION put(kind text, p_token text) RETURNS void LANGUAGE sql AS ''; " +
			"DO $$ BEGIN PERFORM public.put('shown', 'hunter2-Zx9'); END $$",
	} {
		source := Source{Path: "1.sql", SQL: []byte(users + sql), Mode: lint.Psql}
		r, err := Review(context.Background(), []Source{source}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if s := string(b); strings.Contains(s, "hunter2") || strings.Contains(s, "-Zx9") {
			t.Errorf("%s\n is shown as %s", sql, s)
		} else if !strings.Contains(s, "shown") {
			t.Errorf("%s\n hides what is none: %s", sql, s)
		}
	}
}
