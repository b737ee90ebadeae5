package rehearsal

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/dump"
)

// group are cases of one role, rehearsed one after another on one copy. Each has a
// schema $S of its own, with a table mine of the role $R and one theirs of $O.
type group struct {
	name, options, setup string
	cases                []rightsCase
}

// rightsCase is a migration and the SQLSTATE that it ends with; "" = none. beyond
// stands for 42501 of a right that a throwaway cluster gives nobody.
type rightsCase struct{ name, setup, sql, state string }

const beyond = "beyond"

var groups = []group{
	{name: "plain", cases: []rightsCase{
		{name: "own table", sql: "ALTER TABLE $S.mine ADD COLUMN n int"},
		{name: "another's table", sql: "ALTER TABLE $S.theirs ADD COLUMN n int", state: "42501"},
		{name: "another's table as a member", setup: "GRANT $O TO $R", sql: "ALTER TABLE $S.theirs ADD COLUMN n int"},
		{
			name: "granted column", setup: "GRANT UPDATE (v), SELECT ON $S.theirs TO $R",
			sql: "UPDATE $S.theirs SET v = 1 WHERE id = 1",
		},
		{
			name: "column that is not granted", setup: "GRANT UPDATE (v) ON $S.theirs TO $R",
			sql: "UPDATE $S.theirs SET id = 1", state: "42501",
		},
		{name: "new schema", sql: "CREATE SCHEMA fresh", state: "42501"},
		{name: "temporary table", sql: "CREATE TEMP TABLE x (id int)"},
		{name: "policy of another",
			setup: "ALTER TABLE $S.theirs ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON $S.theirs WITH CHECK (v > " +
				"0); GRANT INSERT ON $S.theirs TO $R",
			sql: "INSERT INTO $S.theirs VALUES (1, 0)", state: "42501"},
		{name: "own table under FORCE",
			setup: "ALTER TABLE $S.mine ENABLE ROW LEVEL SECURITY; ALTER TABLE $S.mine FORCE ROW LEVEL SECURITY",
			sql:   "INSERT INTO $S.mine VALUES (1, 0)", state: "42501"},
		{name: "function that nobody may call",
			setup: "CREATE FUNCTION $S.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION $S.f() " +
				"FROM PUBLIC",
			sql: "SELECT $S.f()", state: "42501"},
		{
			name:  "owned by who may make nothing there",
			setup: "REVOKE ALL ON SCHEMA $S FROM $O, $R; GRANT USAGE ON SCHEMA $S TO $R",
			sql:   "ALTER TABLE $S.mine ADD COLUMN n int",
		},
		{name: "extension that is not trusted", sql: "CREATE EXTENSION pageinspect", state: "42501"},
	}},
	{name: "inherits nothing", options: "NOINHERIT", cases: []rightsCase{
		{name: "as a member", setup: "GRANT $O TO $R", sql: "ALTER TABLE $S.theirs ADD COLUMN n int", state: "42501"},
		{name: "own table", sql: "ALTER TABLE $S.mine ADD COLUMN n int"},
	}},
	{name: "policies do not hold", options: "BYPASSRLS", cases: []rightsCase{
		{
			name: "policy", setup: "ALTER TABLE $S.theirs ENABLE ROW LEVEL SECURITY; GRANT INSERT ON $S.theirs TO $R",
			sql: "INSERT INTO $S.theirs VALUES (1, 0)",
		},
	}},
	{name: "rights to the database", setup: "GRANT CREATE ON DATABASE $D TO $R; REVOKE TEMP ON DATABASE $D FROM PUBLIC",
		cases: []rightsCase{
			{name: "new schema", sql: "CREATE SCHEMA fresh"},
			{name: "temporary table", sql: "CREATE TEMP TABLE x (id int)", state: "42501"},
			{name: "trusted extension", sql: "CREATE EXTENSION pg_trgm"},
		}},
	{name: "superuser", options: "SUPERUSER", cases: []rightsCase{
		{
			name: "another's table",
			sql: "ALTER TABLE $S.theirs ADD COLUMN n int; ALTER TABLE $S.theirs OWNER TO $R; UPDATE $S.theirs SET " +
				"v = 1",
		},
		{
			name: "policy", setup: "ALTER TABLE $S.theirs ENABLE ROW LEVEL SECURITY",
			sql: "INSERT INTO $S.theirs VALUES (1, 0)",
		},
		{name: "program", sql: "COPY (SELECT 1) TO PROGRAM 'true'", state: beyond},
		{name: "untrusted extension", sql: "CREATE EXTENSION pageinspect", state: beyond},
		{name: "event trigger", setup: "CREATE FUNCTION $S.e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
			sql: "CREATE EVENT TRIGGER x ON ddl_command_end EXECUTE FUNCTION $S.e()", state: beyond},
	}},
	{name: "reader of files", setup: "GRANT pg_read_server_files TO $R", cases: []rightsCase{
		{name: "copy", sql: "COPY $S.mine FROM '/etc/hostname'", state: beyond},
	}},
}

// A rehearsal's migration may do what its role may do on the target: what that role
// lacks there fails here too, and what a throwaway cluster gives nobody is no
// failure of the migration.
func TestRehearsalHasTheRightsOfTheTarget(t *testing.T) {
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			d := dbtest.New(t)
			role, dsn := d.Role(t, "runs", g.options)
			var names []*strings.Replacer
			for i, c := range g.cases {
				owner, _ := d.Role(t, "owner", "")
				n := strings.NewReplacer("$R", role, "$O", owner, "$D", pgx.Identifier{d.Name}.Sanitize(), "$S",
					fmt.Sprintf("s%d", i))
				d.Exec(t,
					n.Replace(`CREATE SCHEMA $S; GRANT ALL ON SCHEMA $S TO $R, $O; CREATE TABLE $S.mine (id int, v int); CREATE TABLE $S.theirs (id int, v int);
					ALTER TABLE $S.mine OWNER TO $R; ALTER TABLE $S.theirs OWNER TO $O; `+c.setup+"; "+g.setup))
				names = append(names, n)
			}
			s, with := copyFor(t, d, dsn)
			for i, c := range g.cases {
				r := Record{}
				o := Order{
					Config: s.Config, Whole: s.Whole,
					Works: []Work{work(t, s.Config, "1", names[i].Replace(c.sql), "")}, Withheld: with.Rights.Mighty,
				}
				if err := Run(t.Context(), o, &r); err != nil {
					t.Fatal(err)
				}
				want := c.state
				if want == beyond {
					want = "42501"
				}
				if r.SQLState != want || r.Beyond != (c.state == beyond) {
					t.Errorf("%s: SQLSTATE %q, want %q: %s", c.name, r.SQLState, c.state, r.Verdict())
				}
				if r.Beyond && !strings.Contains(r.Verdict(), "a right that a throwaway cluster gives nobody") {
					t.Errorf("%s: %s", c.name, r.Verdict())
				}
			}
		})
	}
}

// copyFor is a copy of a schema on a throwaway cluster, for the role of a DSN.
func copyFor(t *testing.T, d *dbtest.DB, dsn string) (*Scratch, Copy) {
	t.Helper()
	c := client(t, d)
	taken, err := dump.Take(t.Context(), c, config(t, d.DSN), dump.Options{
		Dir: t.TempDir(), Name: "x", SchemaOnly: true, ServerMajor: d.Cluster().Major(),
	})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Connect(t.Context(), config(t, dsn), db.Session{Kind: db.Monitor})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	with, err := ReadCopy(t.Context(), conn, "", "")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), d.Cluster().Binaries(), c, taken.Path, with)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if len(s.Missing) > 0 {
		t.Errorf("not restored: %s", strings.Join(s.Missing, "\n"))
	}
	return s, with
}
