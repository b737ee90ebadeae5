package inspect_test

import (
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/inspect"
)

// Every advice on a right that is missing helps when it is followed, and none makes
// a migrator mighty. $O owns public.t, $L logs in, $R is another role.
// Case: grant_superuser_hint.
func TestAdviceOnRightsHelps(t *testing.T) {
	for i, c := range []struct {
		name, made string
		// as is the role of the units; "" = the login.
		as string
		// lacks is the first right, advice what gives it. A line of belay.toml is the
		// role that it names.
		lacks, advice, role string
	}{
		{
			name: "owned by a superuser", made: "ALTER TABLE t OWNER TO postgres", lacks: "ownership",
			advice: `ALTER TABLE "public"."t" OWNER TO "$L"`,
		},
		{
			name: "owned by a member of a superuser role", made: "GRANT postgres TO $O", lacks: "ownership",
			advice: `ALTER TABLE "public"."t" OWNER TO "$L"`,
		},
		{
			name: "owned by who makes roles", made: "ALTER ROLE $O CREATEROLE", lacks: "ownership",
			advice: `ALTER TABLE "public"."t" OWNER TO "$L"`,
		},
		{
			name: "owned by who runs programs", made: "GRANT pg_execute_server_program TO $O", lacks: "ownership",
			advice: `ALTER TABLE "public"."t" OWNER TO "$L"`,
		},
		{name: "a stranger", lacks: "ownership", advice: `GRANT "$O" TO "$L"`},
		{
			name: "a stranger that inherits nothing", made: "ALTER ROLE $L NOINHERIT", lacks: "ownership",
			advice: `GRANT "$O" TO "$L"`, role: "$O",
		},
		{
			name: "a member that inherits nothing", made: "ALTER ROLE $L NOINHERIT; GRANT $O TO $L", lacks: "ownership",
			role: "$O",
		},
		{name: "a role of the units that is a member and inherits nothing",
			made: "ALTER ROLE $R NOINHERIT; GRANT $O TO $R; GRANT $R TO $L", as: "$R",
			lacks: "ownership", advice: `GRANT "$O" TO "$R"; ALTER ROLE "$R" INHERIT`},
		{name: "a role that the login may not take", as: "$O", lacks: "SET ROLE", advice: `GRANT "$O" TO "$L"`},
		{
			name: "no right on the schema", made: "ALTER TABLE t OWNER TO $L; REVOKE ALL ON SCHEMA public FROM PUBLIC",
			lacks: "USAGE", advice: `GRANT USAGE ON SCHEMA "public" TO "$L"`,
		},
		{
			name: "may not create", made: "ALTER TABLE t OWNER TO $L; REVOKE CREATE ON SCHEMA public FROM PUBLIC",
			lacks: "CREATE", advice: `GRANT CREATE ON SCHEMA "public" TO "$L"`,
		},
		{name: "a neighbour may create",
			made: "ALTER ROLE $L NOINHERIT; GRANT $O TO $L; REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT " +
				"CREATE ON SCHEMA public TO $O",
			lacks: "CREATE", role: "$O"},
	} {
		if !dbtest.InShort(i, 3) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			d := dbtest.New(t)
			owner, _ := d.Role(t, "owner", "")
			login, dsn := d.Role(t, "login", "")
			role, _ := d.Role(t, "role", "")
			fill := strings.NewReplacer("$O", owner, "$L", login, "$R", role).Replace
			d.Exec(t,
				fill("CREATE TABLE t (id int); ALTER TABLE t OWNER TO $O; GRANT CREATE ON SCHEMA public TO PUBLIC"))
			d.Exec(t, fill(c.made))
			m := monitor(t, dsn)
			scope := inspect.Scope{Relations: []string{"public.t"}, Role: fill(c.as)}
			if c.lacks == "CREATE" && c.role != "" {
				scope.Needs = map[string]inspect.Need{}
			}
			missing := facts(t, m, scope).Missing()
			if len(missing) == 0 || missing[0].Need != c.lacks {
				t.Fatalf("missing %+v, want %s first", missing, c.lacks)
			}
			help := missing[0].Help
			if !strings.HasPrefix(help, fill(c.advice)) || c.role != "" &&
				!strings.Contains(help, `set role = "`+fill(c.role)+`" for the target in belay.toml`) {
				t.Fatalf("advice %q, want %q, role %q", help, fill(c.advice), fill(c.role))
			}
			d.Exec(t, fill(c.advice))
			if c.role != "" {
				scope.Role = fill(c.role)
			}
			for _, left := range facts(t, m, scope).Missing() {
				if left.Need == c.lacks {
					t.Errorf("followed, and still missing: %+v", left)
				}
			}
			mighty(t, d, login)
		})
	}
}

// mighty wants a role that can become nobody who may do more than own tables.
func mighty(t *testing.T, d *dbtest.DB, role string) {
	t.Helper()
	n := dbtest.QueryVal[int64](t, d, `SELECT count(*) FROM pg_roles m WHERE pg_has_role($1::name, m.oid, 'MEMBER')
		AND (m.rolsuper OR m.rolcreaterole OR m.rolname IN ('pg_execute_server_program', 'pg_write_server_files'))`, role)
	if n > 0 {
		t.Errorf("%s may become %d mighty roles", role, n)
	}
}

// What works on rows asks for their privilege and not for the table itself.
func TestRightsByWhatIsDone(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t,
		"CREATE TABLE t (id int, a text); REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public "+
			"TO PUBLIC")
	login, dsn := d.Role(t, "login", "")
	m := monitor(t, dsn)
	scope := inspect.Scope{
		Relations: []string{"public.t"}, Needs: map[string]inspect.Need{"public.t": {Any: []string{"UPDATE"}}},
		MakesNothing: true,
	}
	equal(t, "nothing granted",
		[]inspect.Missing{
			{Who: login, Object: "public.t", Need: "UPDATE", Help: `GRANT UPDATE ON "public"."t" TO "` + login + `"`},
		}, facts(t, m, scope).Missing())
	d.Exec(t, "GRANT UPDATE (a) ON t TO "+login)
	equal(t, "one column granted", []inspect.Missing(nil), facts(t, m, scope).Missing())
	scope.MakesNothing = false
	if missing := facts(t, m, scope).Missing(); len(missing) != 1 || missing[0].Need != "CREATE" {
		t.Errorf("missing %+v", missing)
	}
}

// A limit that leaves too little room is named, and what is advised is enough.
func TestConnectionsThatAreShort(t *testing.T) {
	for _, c := range []struct {
		name   string
		have   inspect.Connections
		says   string
		advice string
	}{
		{name: "room", have: inspect.Connections{Max: 100, Reserved: 3, Used: 10, DatabaseLimit: -1, RoleLimit: -1}},
		{
			name: "just enough",
			have: inspect.Connections{Max: 100, Used: 1, DatabaseLimit: -1, RoleLimit: 3, RoleUsed: 1},
		},
		{name: "the role's own limit",
			have: inspect.Connections{Max: 60, Used: 1, DatabaseLimit: -1, RoleLimit: 1, RoleUsed: 1, Login: "r_c1"},
			says: "role r_c1 may have 1 connection (rolconnlimit)", advice: `ALTER ROLE "r_c1" CONNECTION LIMIT 3`},
		{name: "others of the role",
			have:   inspect.Connections{Max: 60, Used: 9, DatabaseLimit: -1, RoleLimit: 10, RoleUsed: 9, Login: "app"},
			says:   "role app may have 10 connections (rolconnlimit), 8 are taken",
			advice: `ALTER ROLE "app" CONNECTION LIMIT 11`},
		{name: "the database's limit",
			have: inspect.Connections{
				Max: 60, Used: 2, DatabaseLimit: 3, DatabaseUsed: 2, RoleLimit: -1, Database: "shop",
			},
			says:   "database shop may have 3 connections (datconnlimit), 1 is taken",
			advice: `ALTER DATABASE "shop" CONNECTION LIMIT 4`},
		{name: "the server",
			have:   inspect.Connections{Max: 20, Reserved: 3, Used: 16, DatabaseLimit: -1, RoleLimit: -1},
			says:   "the server may have 20 connections (max_connections), 3 are reserved, 15 are taken",
			advice: "wait, or"},
		{
			name: "the server, a superuser",
			have: inspect.Connections{
				Max: 20, Reserved: 3, Used: 16, DatabaseLimit: -1, RoleLimit: -1, Superuser: true,
			},
		},
	} {
		short := c.have.Short(3)
		switch {
		case (short == nil) != (c.says == ""):
			t.Errorf("%s: %+v", c.name, short)
		case short != nil && (short.Problem != c.says || !strings.HasPrefix(short.Advice, c.advice)):
			t.Errorf("%s: %+v, want %q, %q", c.name, *short, c.says, c.advice)
		}
	}
	d := dbtest.New(t)
	login, dsn := d.Role(t, "login", "CONNECTION LIMIT 2")
	c, err := inspect.ReadConnections(bounded(t), monitor(t, dsn))
	if err != nil || c.Login != login || c.RoleLimit != 2 || c.RoleUsed != 1 || c.Short(2) != nil || c.Short(3) == nil {
		t.Errorf("%+v, %v", c, err)
	}
}
