package rehearsal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"belay/db/dbtest"
	"belay/db/dump"
	"belay/db/scratch"
)

// Who makes a role with the name of the throwaway cluster's superuser, and gives it a
// table, does not become that superuser: not by a dump, not by a target.
func TestTheSuperuserIsNotMetByName(t *testing.T) {
	r := reach{emptyDir(t), dbtest.New(t)}
	mark := filepath.Join(r.dir, "owned")
	r.d.Exec(t, strings.NewReplacer("$MARK", mark, "$SUPER", scratch.PrivateSuperuser).Replace(
		`CREATE ROLE $SUPER; CREATE TABLE owned (id int); ALTER TABLE owned OWNER TO $SUPER;
		CREATE FUNCTION pwn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			EXECUTE 'SET ROLE $SUPER'; EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch $MARK'''; EXECUTE 'RESET ROLE'; RETURN NEW; END $$;
		CREATE TABLE meets (id int); CREATE TRIGGER x BEFORE INSERT ON meets FOR EACH ROW EXECUTE FUNCTION pwn()`))
	t.Cleanup(func() { r.d.Exec(t, "DROP OWNED BY "+scratch.PrivateSuperuser+"; DROP ROLE "+scratch.PrivateSuperuser) })
	for name, with := range map[string]Copy{"dump": CopyOfDump(""), "target": r.copied(t)} {
		t.Run(name, func(t *testing.T) {
			taken, err := dump.Take(t.Context(), client(t, r.d), config(t, r.d.DSN), dump.Options{
				Dir: t.TempDir(), Name: "x", SchemaOnly: true, ServerMajor: r.d.Cluster().Major(),
			})
			if err != nil {
				t.Fatal(err)
			}
			s, err := Open(t.Context(), r.d.Cluster().Binaries(), client(t, r.d), taken.Path, with)
			if err == nil {
				t.Cleanup(func() { s.Close() })
				var rec Record
				met := work(t, s.Config, "1", "INSERT INTO meets VALUES (1)", "")
				err = Run(t.Context(), Order{Config: s.Config, Whole: s.Whole, Works: []Work{met}}, &rec)
				_, reached := os.Stat(mark)
				t.Fatalf("rehearsed (%v, %s); the machine was reached: %v", err, rec.Verdict(), reached == nil)
			}
			var strange *StrangeError
			if !errors.As(err, &strange) || !strings.Contains(err.Error(), scratch.PrivateSuperuser) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// A server that lies is believed no name.
func TestRightsOfALyingServer(t *testing.T) {
	for name, c := range map[string]struct {
		r       Rights
		strange bool
	}{
		"honest": {r: Rights{
			Roles: []Role{{Name: "a"}, {Name: "PG_x"}, {Name: "belay_throwaway"}}, Login: "a", Owner: "a",
			First:   "pg_boot",
			Members: []Member{{Role: "pg_monitor", Member: "a"}, {Role: "PG_x", Member: "a"}},
		}},
		"predefined role":  {Rights{Roles: []Role{{Name: "pg_execute_server_program"}}}, true},
		"its member":       {Rights{Members: []Member{{Role: "pg_execute_server_program", Member: "a"}}}, true},
		"tame role itself": {Rights{Roles: []Role{{Name: "pg_read_all_data"}}}, true},
		"a tame member":    {Rights{Members: []Member{{Role: "a", Member: "pg_monitor"}}}, true},
		"superuser":        {Rights{Roles: []Role{{Name: scratch.PrivateSuperuser}}}, true},
		"restorer":         {Rights{Roles: []Role{{Name: restorer}}}, true},
		"lender":           {Rights{Members: []Member{{Role: lender, Member: "a"}}}, true},
		"login":            {Rights{Login: scratch.PrivateSuperuser}, true},
		"acts":             {Rights{Acts: scratch.PrivateSuperuser}, true},
		"owner":            {Rights{Owner: restorer}, true},
		"first":            {Rights{First: scratch.PrivateSuperuser}, true},
	} {
		var strange *StrangeError
		if err := c.r.check(); errors.As(err, &strange) != c.strange {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// throwaway is a cluster whose roles were made without looking at their names.
func throwaway(t *testing.T, r Rights) (*Scratch, *founder) {
	t.Helper()
	c, err := scratch.Start(t.Context(), scratch.Options{
		Binaries: dbtest.New(t).Cluster().Binaries(), Dir: scratch.MemoryDir(), Private: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	s := &Scratch{Cluster: c}
	f, err := s.found(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.conn.Close(context.Background()) })
	return s, f
}

// What was there before is given to nobody, whatever its name; what came to be given
// all the same is read back.
func TestNothingIsGivenOfARoleThatWasThere(t *testing.T) {
	s, f := throwaway(t, Rights{
		Roles: []Role{
			{Name: scratch.PrivateSuperuser}, {Name: "pg_execute_server_program"}, {Name: "none"}, {Name: "a"},
			{Name: "a"},
		},
		Members: []Member{
			{Role: "pg_write_server_files", Member: "a", Inherit: true, Set: true},
			{Role: scratch.PrivateSuperuser, Member: "a"},
		},
		Grants: []Grant{{Role: "none", Right: "CREATE"}}, Owner: "none",
	})
	sealed(t, s)
	if r := f.rights; len(r.Roles) != 2 || r.Roles[0].Name != "a" || len(r.Members) > 0 || len(r.Grants) > 0 {
		t.Errorf("given %+v", r)
	}
	for _, sql := range []string{
		"ALTER ROLE a SUPERUSER", "ALTER ROLE a REPLICATION", "ALTER ROLE a CREATEROLE",
		"GRANT pg_execute_server_program TO a", "GRANT pg_read_server_files TO " + restorer,
		"GRANT " + scratch.PrivateSuperuser + " TO a", "GRANT pg_write_server_files TO pg_monitor",
	} {
		tx, err := f.conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		var strange *StrangeError
		if err := f.sealed(t.Context()); !errors.As(err, &strange) {
			t.Errorf("%s: %v", sql, err)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.sealed(t.Context()); err != nil {
		t.Error(err)
	}
}

// Scripts of extensions run as the superuser: not beside objects of a dump that calls
// them a schema, and not in a schema whose name they would run.
func TestExtensionsMeetNothingOfTheDump(t *testing.T) {
	s, f := throwaway(t, Rights{})
	conn, err := pgx.Connect(t.Context(), s.Whole.DSN.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	of := dump.Contents{Extensions: []dump.Extension{{Name: "pg_trgm", Schema: `a"$x`}}}
	if err := f.extensions(t.Context(), of); err != nil || len(f.missing) != 1 {
		t.Errorf("%v, missing %q", err, f.missing)
	}
	for _, sql := range []string{
		"CREATE FUNCTION evil.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE DOMAIN evil.d AS int",
		"CREATE OPERATOR evil.< (LEFTARG = int, RIGHTARG = int, FUNCTION = int4lt)", "CREATE TABLE evil.t ()",
		"CREATE EXTENSION pg_trgm SCHEMA evil",
	} {
		if _, err := conn.Exec(t.Context(), "CREATE SCHEMA evil; "+sql); err != nil {
			t.Fatal(err)
		}
		var strange *StrangeError
		if err := f.extensions(t.Context(), dump.Contents{}); !errors.As(err, &strange) {
			t.Errorf("%s: %v", sql, err)
		}
		if _, err := conn.Exec(t.Context(), "DROP SCHEMA evil CASCADE"); err != nil {
			t.Fatal(err)
		}
	}
}
