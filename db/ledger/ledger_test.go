package ledger_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"belay/db/dbtest"
	"belay/db/ledger"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const runID = "7f3c9a21-0000-4000-8000-000000000001"

func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func create(t testing.TB, conn *pgx.Conn) ledger.Status {
	t.Helper()
	s, err := ledger.Create(bounded(t), conn)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCreate(t *testing.T) {
	db := dbtest.New(t)
	conn := db.Conn(t)
	if err := ledger.Check(bounded(t), conn); !errors.Is(err, ledger.ErrMissing) {
		t.Fatalf("before: %v", err)
	}
	s := create(t, conn)
	if !s.Exists || s.Version != ledger.Version || s.CreatedBy != "postgres" || s.CreatedAt.IsZero() {
		t.Errorf("status = %+v", s)
	}
	if again := create(t, conn); again != s {
		t.Errorf("second call = %+v, want %+v", again, s)
	}
	without := dbtest.QueryCol[string](t, db,
		`SELECT relname::text FROM pg_class c WHERE relnamespace = 'belay'::regnamespace
		AND relkind = 'r' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)`)
	if len(without) > 0 {
		t.Errorf("tables without a primary key: %v", without)
	}
}

// The columns that ledger.md gives each table of version 1.
var columns = map[string]string{
	"meta": "version created_at created_by",
	"run": "id identity timeline database tool migrations plan_sha256 settings epoch owner state opened_at " +
		"updated_at belay_version",
	"plan":         "run_id sql answers approvals waivers",
	"event":        "run_id seq epoch at by step kind body",
	"unit":         "run_id unit attempt epoch sha256 state at",
	"applied_file": "identity tool version name sha256 normalised_sha256 environment applied_at by assumed",
	"backfill": "id run_id relation leaf table_oid statement_sha256 key_cols key_types upper_key last_key " +
		"done_rows batches batch_rows state reason epoch started updated paused_ms",
}

func TestColumns(t *testing.T) {
	db := dbtest.New(t)
	create(t, db.Conn(t))
	for table, want := range columns {
		got := dbtest.QueryVal[string](t, db, `SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute
			WHERE attrelid = ('belay.' || $1::text)::regclass AND attnum > 0`, table)
		if got != want {
			t.Errorf("%s has %s\nwant %s", table, got, want)
		}
	}
}

func TestNewerVersion(t *testing.T) {
	db := dbtest.New(t)
	conn := db.Conn(t)
	create(t, conn)
	db.Exec(t, `UPDATE belay.meta SET version = 9`)
	_, err := ledger.Create(bounded(t), conn)
	var v *ledger.VersionError
	if !errors.As(err, &v) || v.Found != 9 || !strings.Contains(err.Error(), "9") {
		t.Errorf("error = %v", err)
	}
}

func TestObstacles(t *testing.T) {
	for _, c := range []struct {
		sql  string
		kind ledger.ObstacleKind
	}{
		{`CREATE PUBLICATION everything FOR ALL TABLES`, ledger.AllTables},
		{`CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
		  CREATE EVENT TRIGGER guard ON ddl_command_end EXECUTE FUNCTION f()`, ledger.DDLTrigger},
		{`CREATE SCHEMA belay`, ledger.Taken},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			db := dbtest.New(t)
			db.Exec(t, c.sql)
			wantRefused(t, db, db.Conn(t), c.kind)
		})
	}
	t.Run("no right", func(t *testing.T) {
		db := dbtest.New(t)
		_, dsn := db.Role(t, "plain", "")
		wantRefused(t, db, dbtest.Connect(t, dsn), ledger.NoRight)
	})
}

func wantRefused(t *testing.T, db *dbtest.DB, conn *pgx.Conn, kind ledger.ObstacleKind) {
	t.Helper()
	_, err := ledger.Create(bounded(t), conn)
	var r *ledger.RefusedError
	if !errors.As(err, &r) || len(r.Obstacles) != 1 || r.Obstacles[0].Kind != kind {
		t.Errorf("error = %v, want refused for %s", err, kind)
	}
	if n := db.Count(t, `pg_class WHERE relname = 'backfill'`); n != 0 {
		t.Error("something was created")
	}
}

// Whoever comes second at the same moment finds the ledger of the first.
func TestCreateRace(t *testing.T) {
	db := dbtest.New(t)
	const n = 4
	errs := make(chan error, n)
	for range n {
		conn := db.Conn(t)
		go func() {
			_, err := ledger.Create(bounded(t), conn)
			for err != nil && strings.Contains(err.Error(), "55P03") {
				_, err = ledger.Create(bounded(t), conn) // 200 ms were not enough: ask again
			}
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got := db.Count(t, `belay.meta`); got != 1 {
		t.Errorf("%d rows in meta", got)
	}
}

func TestRunFence(t *testing.T) {
	db := dbtest.New(t)
	conn := db.Conn(t)
	create(t, conn)
	r := ledger.Run{ID: runID, Identity: "1/2", Database: "shop", Owner: "op1@bastion-1", State: "running"}
	for range 2 {
		if err := ledger.OpenRun(bounded(t), conn, r); err != nil {
			t.Fatal(err)
		}
	}
	fenced := func(epoch int) bool {
		tag, err := conn.Exec(bounded(t), ledger.FenceSQL, runID, epoch)
		if err != nil {
			t.Fatal(err)
		}
		return tag.RowsAffected() == 1
	}
	if !fenced(1) || fenced(2) {
		t.Error("the fence does not tell epoch 1 from 2")
	}
	db.Exec(t, `UPDATE belay.run SET epoch = 2, owner = 'op2@bastion-2'`)
	if fenced(1) {
		t.Error("the fence lets the old epoch pass")
	}
	owner, epoch, err := ledger.Owner(bounded(t), conn, runID)
	if err != nil || owner != "op2@bastion-2" || epoch != 2 {
		t.Errorf("owner %q epoch %d: %v", owner, epoch, err)
	}
}
