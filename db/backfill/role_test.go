package backfill_test

import (
	"errors"
	"strings"
	"testing"

	"belay/db/backfill"
)

// The login may take the owner's role and inherits none of its rights; the
// ledger is the login's own, the rows are the owner's.
func TestBatchesAsARole(t *testing.T) {
	s := newStand(t, `CREATE TABLE t (id bigint PRIMARY KEY, n int, who text, seen text);
		INSERT INTO t SELECT i, 0 FROM generate_series(1, 3000) i; ANALYZE t;
		CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE t SET seen = current_user WHERE id = NEW.id; RETURN NULL; END';
		CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.id % 100 = 0 AND OLD.n = 0) EXECUTE FUNCTION note()`)
	owner, _ := s.Role(t, "owner", "")
	login, dsn := s.Role(t, "login", "NOINHERIT")
	s.Exec(t,
		`ALTER TABLE t OWNER TO `+owner+`; GRANT CREATE, USAGE ON SCHEMA public TO `+owner+`; GRANT `+owner+` TO `+
			login+`;
		GRANT USAGE ON SCHEMA belay TO `+login+`; GRANT ALL ON ALL TABLES IN SCHEMA belay TO `+login)
	conn := connect(t, dsn)
	spec := backfill.Spec{Relation: "t", Set: "n = 1, who = current_user", Where: "n = 0", MaxRows: 500, Vacuum: true}
	p, err := backfill.Prepare(bounded(t), conn, spec)
	if err != nil || !hasHazard(p, "no-right") {
		t.Fatalf("as the login: %v, hazards %+v", err, p)
	}
	spec.Role = owner
	if p, err = backfill.Prepare(bounded(t), conn, spec); err != nil || len(p.Stops()) > 0 {
		t.Fatalf("as the owner: %v, hazards %+v", err, p)
	}
	var is string
	if err := conn.QueryRow(bounded(t), `SELECT current_user::text`).Scan(&is); err != nil || is != login {
		t.Errorf("the lent connection stays %s: %v", is, err)
	}
	o := s.options(t, p)
	o.Config = config(t, dsn)
	var noted []string
	o.Tell = func(e backfill.Event) {
		switch e.Kind {
		case backfill.LeafPassed: // behind the cursor: the sweep's
			s.Exec(t, `UPDATE t SET n = 0, who = NULL WHERE id % 7 = 0`)
		case backfill.Noted:
			if strings.HasPrefix(e.Message, "ANALYZE") {
				noted = append(noted, e.Message)
			}
		}
	}
	res := run(t, o)
	if n := s.Count(t, "t WHERE n = 1 AND who = '"+owner+"'"); n != 3000 || res.Verified.Swept != 428 ||
		res.Verified.Left != 0 {
		t.Errorf("%d rows are the owner's; %+v", n, res)
	}
	if n := s.Count(t, "t WHERE seen = '"+owner+"'"); n != 30 {
		t.Errorf("%d of 30 triggers at COMMIT ran as the owner", n)
	}
	if len(noted) > 0 {
		t.Errorf("not done as the owner: %q", noted)
	}
	s.Exec(t, `UPDATE t SET n = 0 WHERE id % 7 = 0`)
	if v, err := backfill.Verify(bounded(t), conn, p); err != nil || v.Left != 428 {
		t.Errorf("verify %+v: %v", v, err)
	}
}

func TestRoleThatMayNotBeTaken(t *testing.T) {
	s := newStand(t, increments)
	_, dsn := s.Role(t, "login", "")
	spec := increment()
	for _, role := range []string{"nobody_of_this_name", "pg_monitor"} {
		spec.Role = role
		_, err := backfill.Prepare(bounded(t), connect(t, dsn), spec)
		var refused *backfill.RoleError
		if !errors.As(err, &refused) || refused.Role != role || refused.Hint() == "" {
			t.Errorf("%s: %v", role, err)
		}
	}
}
