package history_test

import (
	"errors"
	"testing"

	"belay/db/dbtest"
	"belay/db/trust"
)

// A view that took the table's place after it was opened is not read: what it calls
// would run with the rights of whoever looks.
func TestReplacedTableIsNotRead(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
CREATE TABLE reached (by name);
CREATE FUNCTION reach() RETURNS boolean LANGUAGE plpgsql AS $$BEGIN INSERT INTO reached VALUES (current_user); RETURN true; END$$`)
	conn := session(t, d.DSN)
	table := open(t, conn, format(t, "golang-migrate"), "")
	d.Exec(t, `ALTER TABLE schema_migrations RENAME TO was;
CREATE VIEW schema_migrations AS SELECT 1::bigint AS version, reach() AS dirty`)
	_, err := table.Rows(t.Context(), conn)
	if _, refused := errors.AsType[*trust.Error](err); !refused {
		t.Errorf("Rows = %v, want a refusal", err)
	}
	if n := d.Count(t, "reached"); n != 0 {
		t.Errorf("the function ran %d times", n)
	}
}
