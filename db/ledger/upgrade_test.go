package ledger_test

import (
	"errors"
	"os"
	"testing"

	"belay/db/dbtest"
	"belay/db/grant"
	"belay/db/ledger"

	"github.com/jackc/pgx/v5"
)

// older makes a ledger as a belay that knew version 1 made it.
func older(t *testing.T, d *dbtest.DB) {
	t.Helper()
	text, err := os.ReadFile("version1.sql")
	if err != nil {
		t.Fatal(err)
	}
	d.Exec(t, string(text))
	d.Exec(t, `INSERT INTO belay.meta (version) VALUES (1)`)
}

// schema is all that a ledger has, as the catalog says it.
func schema(t *testing.T, d *dbtest.DB) string {
	t.Helper()
	return dbtest.QueryVal[string](t, d, `SELECT string_agg(format('%s %s %s %s %s', a.attrelid::regclass, a.attname,
		format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(f.adbin, f.adrelid)), E'\n' ORDER BY c.relname, a.attnum)
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef f ON f.adrelid = c.oid
		AND f.adnum = a.attnum WHERE c.relnamespace = 'belay'::regnamespace AND a.attnum > 0`)
}

// TestOlder: a ledger of version 1 is used as it is, what it has no place for is said,
// and an upgrade makes it what a new one is, with its rows.
func TestOlder(t *testing.T) {
	d, anew := dbtest.New(t), dbtest.New(t)
	create(t, anew.Conn(t))
	older(t, d)
	conn := d.Conn(t)
	if err := ledger.Check(bounded(t), conn); err != nil {
		t.Errorf("an older ledger is refused: %v", err)
	}
	r := ledger.Run{ID: runID, Identity: "1/2", Database: "shop", Owner: "op1@bastion-1", State: ledger.Running}
	if err := ledger.Begin(bounded(t), conn, r, ledger.Plan{}, nil); err != nil {
		t.Errorf("no run in an older ledger: %v", err)
	}
	var old *ledger.OlderError
	if err := ledger.CanApprove(bounded(t), conn); !errors.As(err, &old) || old.Found != 1 {
		t.Errorf("approvals: %v", err)
	}
	var busy *ledger.BusyError
	_, err := ledger.Upgrade(bounded(t), conn, "1/2")
	if !errors.As(err, &busy) || d.Count(t, "belay.meta WHERE version = 1") != 1 {
		t.Errorf("beside an open run: %v", err)
	}
	d.Exec(t, `UPDATE belay.run SET state = 'finished'`)
	for range 2 {
		s, err := ledger.Upgrade(bounded(t), conn, "1/2")
		if err != nil || s.Version != ledger.Version {
			t.Fatalf("%+v %v", s, err)
		}
	}
	if got, want := schema(t, d), schema(t, anew); got != want {
		t.Errorf("upgraded:\n%s\nnew:\n%s", got, want)
	}
	if n := d.Count(t, "belay.run"); n != 1 {
		t.Errorf("%d runs", n)
	}
	if err := ledger.CanApprove(bounded(t), conn); err != nil {
		t.Error(err)
	}
}

// TestUpgradeWhole: an upgrade that fails, or is refused, leaves version 1 as it was.
func TestUpgradeWhole(t *testing.T) {
	for name, sql := range map[string]string{
		"a table is there": `CREATE TABLE belay.approval (id int)`,
		"a publication":    `CREATE PUBLICATION everything FOR ALL TABLES`,
	} {
		d := dbtest.New(t)
		older(t, d)
		d.Exec(t, sql)
		before := schema(t, d)
		if _, err := ledger.Upgrade(bounded(t), d.Conn(t), "1/2"); err == nil {
			t.Errorf("%s: upgraded", name)
		}
		if schema(t, d) != before || d.Count(t, "belay.meta WHERE version = 1") != 1 {
			t.Errorf("%s: it is changed", name)
		}
	}
}

// TestUpgradeTogether: who comes second at the same moment finds it done.
func TestUpgradeTogether(t *testing.T) {
	d := dbtest.New(t)
	older(t, d)
	errs := make(chan error, 4)
	for range cap(errs) {
		conn := d.Conn(t)
		go func() {
			_, err := ledger.Upgrade(bounded(t), conn, "1/2")
			for pgCode(err) == "55P03" {
				_, err = ledger.Upgrade(bounded(t), conn, "1/2") // 200 ms were not enough
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// TestWhoseApproval: with the rights that the script grants nobody writes another's
// login, changes a request or takes an approval away; the DBA's upgrade gives the same.
func TestWhoseApproval(t *testing.T) {
	for _, upgraded := range []bool{false, true} {
		d := dbtest.New(t)
		login, dsn := d.Role(t, "anna", "")
		if upgraded {
			older(t, d)
			d.Exec(t, ledger.Grants(login, login, 1))
			d.Exec(t, ledger.UpgradeScript(login, login))
		} else {
			d.Exec(t, ledger.Script(login, login))
		}
		conn := dbtest.Connect(t, dsn)
		if _, forges, err := ledger.Login(bounded(t), conn); err != nil || forges {
			t.Errorf("it forges: %v %v", forges, err)
		}
		if got, forges, err := ledger.Login(bounded(t), d.Conn(t)); err != nil || !forges || got != "postgres" {
			t.Errorf("a superuser: %v %v", forges, err)
		}
		asked := ledger.ApprovalRequest{ID: runID, Bound: "b", Identity: "1/2", Text: "{}"}
		id, err := ledger.AskApproval(bounded(t), conn, asked)
		if err != nil || id != runID {
			t.Fatal(id, err)
		}
		asked.ID = "7f3c9a21-0000-4000-8000-000000000002"
		again, err := ledger.AskApproval(bounded(t), conn, asked)
		if err != nil || again != runID {
			t.Error("it is asked for twice", again, err)
		}
		if err := ledger.Approve(bounded(t), conn, runID, runID, "yes"); err != nil {
			t.Fatal(err)
		}
		all, err := ledger.Approvals(bounded(t), conn, runID)
		if err != nil || len(all) != 1 || all[0].Login != login || all[0].Text != "yes" {
			t.Errorf("%+v %v", all, err)
		}
		for _, forged := range []string{
			`INSERT INTO belay.approval (id, request_id, approval, login) VALUES (NULL, NULL, 'x', 'postgres')`,
			`INSERT INTO belay.approval (id, request_id, approval, at) VALUES (NULL, NULL, 'x', now())`,
			`UPDATE belay.approval SET login = 'postgres'`, `DELETE FROM belay.approval`,
			`UPDATE belay.approval_request SET request = 'other'`, `UPDATE belay.approval_request SET login = 'postgres'`,
		} {
			if _, err := conn.Exec(bounded(t), forged); pgCode(err) != "42501" {
				t.Errorf("%s: %v", forged, err)
			}
		}
		wantUsedOnce(t, conn)
	}
}

func wantUsedOnce(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	for _, c := range []struct {
		run  string
		ours bool
	}{{"one", true}, {"two", false}, {"one", true}} {
		if ours, err := ledger.UseApproval(bounded(t), conn, runID, c.run); err != nil || ours != c.ours {
			t.Errorf("used by %s: %v %v", c.run, ours, err)
		}
	}
	if all, err := ledger.Approvals(bounded(t), conn, runID); err != nil || len(all) != 0 {
		t.Errorf("used, and still there: %+v %v", all, err)
	}
	if all, err := ledger.ApprovalRequests(bounded(t), conn, "1/2"); err != nil || len(all) != 0 {
		t.Errorf("used, and still asked for: %+v %v", all, err)
	}
}

// TestGrantsOfAnOlderLedger: the script of the roles runs on both versions.
func TestGrantsOfAnOlderLedger(t *testing.T) {
	d := dbtest.New(t)
	older(t, d)
	f, err := grant.Read(bounded(t), d.Conn(t), "")
	if err != nil || f.Ledger != 1 {
		t.Errorf("ledger %d: %v", f.Ledger, err)
	}
	if _, err := ledger.Upgrade(bounded(t), d.Conn(t), "1/2"); err != nil {
		t.Fatal(err)
	}
	if f, err = grant.Read(bounded(t), d.Conn(t), ""); err != nil || f.Ledger != 2 {
		t.Errorf("ledger %d: %v", f.Ledger, err)
	}
}

func pgCode(err error) string {
	var pg interface{ SQLState() string }
	if errors.As(err, &pg) {
		return pg.SQLState()
	}
	return ""
}
