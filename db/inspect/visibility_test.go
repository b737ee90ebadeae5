package inspect_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/sqlview/catalog"
)

// What is said to be hidden from a role is what the server hides from it, and what
// is not is seen whole. $R reads and $O owns a table t of three rows, one of which
// the policies that are given let through.
func TestVisibilityIsTheServers(t *testing.T) {
	const rls, force = "ALTER TABLE t ENABLE ROW LEVEL SECURITY; ", "ALTER TABLE t FORCE ROW LEVEL SECURITY; "
	const policy = "CREATE POLICY one ON t USING (id = 1); "
	for i, c := range []struct {
		name, options, setup, relation string
		since                          int
		rows                           int
		// want is "TABLE as ROLE: POLICY…", ROLE being R or O; "" = nothing is hidden.
		want string
	}{
		{name: "no row security", rows: 3},
		{name: "policies without row security", setup: policy, rows: 3},
		{name: "owner", setup: rls + policy + "ALTER TABLE t OWNER TO $R", rows: 3},
		{
			name: "owner under FORCE", setup: rls + force + policy + "ALTER TABLE t OWNER TO $R", rows: 1,
			want: "public.t as R: one",
		},
		{
			name: "owner under FORCE, no policy", setup: rls + force + "ALTER TABLE t OWNER TO $R",
			want: "public.t as R:",
		},
		{name: "FORCE without row security", setup: force + "ALTER TABLE t OWNER TO $R", rows: 3},
		{name: "member of the owner", setup: rls + policy + "GRANT $O TO $R", rows: 3},
		{
			name: "member under FORCE", setup: rls + force + policy + "GRANT $O TO $R", rows: 1,
			want: "public.t as R: one",
		},
		{
			name: "member who inherits nothing", options: "NOINHERIT", setup: rls + policy + "GRANT $O TO $R", rows: 1,
			want: "public.t as R: one",
		},
		{name: "another", setup: rls + policy, rows: 1, want: "public.t as R: one"},
		{name: "no policy", setup: rls, want: "public.t as R:"},
		{
			name: "policy for the role", setup: rls + "CREATE POLICY mine ON t TO $R USING (id > 1)", rows: 2,
			want: "public.t as R: mine",
		},
		{
			name: "policy for another", setup: rls + "CREATE POLICY theirs ON t TO $O USING (true)",
			want: "public.t as R:",
		},
		{
			name: "policy for a group",
			setup: rls +
				"CREATE POLICY groups ON t TO $O USING (id = 2); ALTER TABLE t OWNER TO CURRENT_USER; GRANT $O TO $R",
			rows: 1, want: "public.t as R: groups",
		},
		{
			name: "restrictive beside", setup: rls + policy + "CREATE POLICY less ON t AS RESTRICTIVE USING (id < 0)",
			want: "public.t as R: less one",
		},
		{
			name: "policy for new rows alone", setup: rls + "CREATE POLICY new ON t FOR INSERT WITH CHECK (true)",
			want: "public.t as R:",
		},
		{name: "BYPASSRLS", options: "BYPASSRLS", setup: rls + force + policy, rows: 3},
		{name: "superuser", options: "SUPERUSER", setup: rls + force + policy, rows: 3},
		{
			name: "view of the owner's", relation: "v",
			setup: rls + policy + "CREATE VIEW v AS SELECT * FROM t; ALTER VIEW v OWNER TO $O; GRANT SELECT ON v TO $R",
			rows:  3,
		},
		{name: "view under FORCE", relation: "v",
			setup: rls + force + policy +
				"CREATE VIEW v AS SELECT * FROM t; ALTER VIEW v OWNER TO $O; GRANT SELECT ON v TO $R",
			rows: 1, want: "public.t as O: one"},
		{
			name: "view of the role's own", relation: "v",
			setup: rls + policy + "CREATE VIEW v AS SELECT * FROM t; ALTER VIEW v OWNER TO $R", rows: 1,
			want: "public.t as R: one",
		},
		{name: "security_invoker", since: 15, relation: "v", rows: 1, want: "public.t as R: one",
			setup: rls + policy +
				"CREATE VIEW v WITH (security_invoker) AS SELECT * FROM t; ALTER VIEW v OWNER TO $O; GRANT SELECT ON " +
				"v TO $R"},
		{name: "view of a view", relation: "w", rows: 1, want: "public.t as O: one",
			setup: rls + force + policy +
				"CREATE VIEW v AS SELECT * FROM t; ALTER VIEW v OWNER TO $O; CREATE VIEW w AS SELECT * FROM v; GRANT " +
				"SELECT ON v, w TO $R; ALTER VIEW w OWNER TO $R"},
		{name: "security_invoker behind a view", since: 15, relation: "w", rows: 1, want: "public.t as R: one",
			setup: rls + policy +
				"CREATE VIEW v WITH (security_invoker) AS SELECT * FROM t; ALTER VIEW v OWNER TO $O; CREATE VIEW w " +
				"AS SELECT * FROM v; ALTER VIEW w OWNER TO $O; GRANT SELECT ON v, w TO $R"},
	} {
		if !dbtest.InShort(i, 4) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			d := dbtest.New(t)
			if d.Cluster().Major() < c.since {
				t.Skip("not on this server")
			}
			owner, _ := d.Role(t, "owner", "")
			role, dsn := d.Role(t, "reads", c.options)
			names := strings.NewReplacer("$R", role, "$O", owner)
			d.Exec(t,
				names.Replace(
					`CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2), (3); ALTER TABLE t OWNER TO $O; GRANT SELECT ON t TO $R; `+c.setup,
				))
			relation := c.relation
			if relation == "" {
				relation = "t"
			}
			if rows := counted(t, dsn, relation); rows != c.rows {
				t.Fatalf("the server shows %d rows, want %d", rows, c.rows)
			}
			s, err := inspect.Named(bounded(t), monitor(t, dsn), inspect.Names{Words: []string{relation}})
			if err != nil {
				t.Fatal(err)
			}
			v := s.Relation("public." + relation).Visibility
			if v == nil || v.Role != role {
				t.Fatalf("visibility %+v", v)
			}
			if got := filtered(v, strings.NewReplacer(role, "R", owner, "O")); got != c.want {
				t.Errorf("hidden: %q, want %q", got, c.want)
			}
		})
	}
}

// counted is how many rows a plain session sees: belay's own are refused where row
// security would hide some.
func counted(t *testing.T, dsn, relation string) (rows int) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if err := c.QueryRow(t.Context(), "SELECT count(*) FROM public."+relation).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func filtered(v *catalog.Visibility, names *strings.Replacer) string {
	var all []string
	for _, f := range v.Filters {
		text := f.Table + " as " + f.Role + ":"
		for _, p := range f.For("UPDATE") {
			text += " " + p.Name
		}
		all = append(all, names.Replace(text))
	}
	return strings.Join(all, "; ")
}
