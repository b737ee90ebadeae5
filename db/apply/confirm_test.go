package apply_test

import (
	"testing"

	"belay/db/apply"
	"belay/db/dbtest"
	"belay/sqlview/effect"
)

// What stands on a history table may make something else of the row that is
// written. The unit is committed with its row or not at all.
func TestHistoryRowIsThereOrTheUnitIsUndone(t *testing.T) {
	t.Parallel()
	played := 0
	for name, setup := range map[string]string{
		"rule nothing": `CREATE RULE r AS ON INSERT TO schema_migrations DO INSTEAD NOTHING`,
		"rule elsewhere": `CREATE TABLE other (LIKE schema_migrations);
			CREATE RULE r AS ON INSERT TO schema_migrations DO INSTEAD INSERT INTO other VALUES (new.*)`,
		"rule also": `CREATE RULE r AS ON INSERT TO schema_migrations DO ALSO DELETE FROM schema_migrations`,
		"trigger drops it": `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
			CREATE TRIGGER f BEFORE INSERT ON schema_migrations FOR EACH ROW EXECUTE FUNCTION f()`,
		"trigger changes it": `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.version = 6; RETURN new; END $$;
			CREATE TRIGGER f BEFORE INSERT ON schema_migrations FOR EACH ROW EXECUTE FUNCTION f()`,
		"trigger makes it a later one": `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.version = new.version + 5; RETURN new; END $$;
			CREATE TRIGGER f BEFORE INSERT ON schema_migrations FOR EACH ROW EXECUTE FUNCTION f()`,
		"trigger makes it dirty": `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.dirty = true; RETURN new; END $$;
			CREATE TRIGGER f BEFORE INSERT ON schema_migrations FOR EACH ROW EXECUTE FUNCTION f()`,
		"trigger takes it away later": `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM schema_migrations; RETURN NULL; END $$;
			CREATE CONSTRAINT TRIGGER f AFTER INSERT ON schema_migrations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()`,
	} {
		for _, wrap := range []apply.Wrap{apply.Transaction, apply.OneByOne} {
			if played++; !dbtest.InShort(played, 4) {
				continue // the short form plays four of them, in the order that a map has today
			}
			t.Run(name+" "+string(wrap), func(t *testing.T) {
				t.Parallel()
				d := shop(t)
				d.Exec(t, setup)
				x, _ := executor(t, d.DSN)
				u := unit(addColumn())
				u.Wrap = wrap
				got := x.Run(t.Context(), u)
				want(t, got, apply.NotApplied, apply.Unrecorded)
				if !got.Unchanged() && wrap == apply.Transaction {
					t.Errorf("left: %q", got.Left)
				}
				if hasColumn(t, d, "note") && (wrap == apply.Transaction || len(got.Left) == 0) {
					t.Error("the change stands without a word")
				}
				if got.Hint() == "" || got.Err == nil {
					t.Errorf("error %v, hint %q", got.Err, got.Hint())
				}
			})
		}
	}
}

// A policy may let the row be written and never be seen again.
func TestHistoryRowBehindRowSecurity(t *testing.T) {
	t.Parallel()
	d := shop(t)
	login, dsn := d.Role(t, "deploy", "")
	d.Exec(t, `ALTER TABLE t OWNER TO `+login+`; GRANT ALL ON schema_migrations TO `+login+`;
		ALTER TABLE schema_migrations ENABLE ROW LEVEL SECURITY;
		CREATE POLICY w ON schema_migrations FOR INSERT WITH CHECK (true)`)
	x, _ := executor(t, dsn)
	want(t, x.Run(t.Context(), unit(addColumn())), apply.NotApplied, apply.Unrecorded)
	untouched(t, d)
}

// A trigger that only looks on stands in nobody's way.
func TestHistoryTriggerThatOnlyLooksOn(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.Exec(t, `CREATE TABLE seen (v bigint); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO seen VALUES (new.version); RETURN new; END $$;
		CREATE TRIGGER f BEFORE INSERT ON schema_migrations FOR EACH ROW EXECUTE FUNCTION f()`)
	x, _ := executor(t, d.DSN)
	want(t, x.Run(t.Context(), unit(addColumn())), apply.Applied, apply.Done)
	u := unit(apply.Statement{
		SQL: "ALTER TABLE t ADD COLUMN more text", Kind: "ALTER TABLE",
		Effect: effect.Effect{Known: true, Transactional: true},
	})
	u.Wrap = apply.OneByOne
	want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
}
