package campaign

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"belay/db/backfill"
	"belay/db/dbtest"
	"belay/steps"
)

// splitCode are statements of code that knows the one name, or its parts.
func splitCode(parts bool) func(id int) []string {
	return func(id int) []string {
		if parts {
			return []string{
				fmt.Sprintf(`INSERT INTO persons (id, given, first_name, last_name) VALUES (%d, 'n', 'Grace Brewster', 'H%d')`, id,
					id),
				fmt.Sprintf(`UPDATE persons SET last_name = 'N%d' WHERE id = %d`, id, id%500+1),
				fmt.Sprintf(`UPDATE persons SET first_name = NULL WHERE id = %d`, id),
			}
		}
		return []string{
			fmt.Sprintf(`INSERT INTO persons (id, given, name) VALUES (%d, 'o', 'Ada King L%d')`, id, id),
			fmt.Sprintf(`UPDATE persons SET name = name || 'x' WHERE id = %d`, id%500+1),
			fmt.Sprintf(`INSERT INTO persons (id, given) VALUES (%d, 'o') ON CONFLICT (id) DO UPDATE SET name = 'Solo'`, id),
			`SELECT lower(name) FROM persons WHERE id = 1`,
		}
	}
}

// mergeCode are statements of code that knows the parts, or the one name.
func mergeCode(whole bool) func(id int) []string {
	return func(id int) []string {
		if whole {
			return []string{
				fmt.Sprintf(`INSERT INTO persons (id, full_name) VALUES (%d, 'Grace Brewster H%d')`, id, id),
				fmt.Sprintf(`UPDATE persons SET full_name = full_name || 'y' WHERE id = %d`, id%500+1),
			}
		}
		return []string{
			fmt.Sprintf(`INSERT INTO persons (id, given, family) VALUES (%d, 'Ada', 'L%d')`, id, id),
			fmt.Sprintf(`UPDATE persons SET given = 'Ida' WHERE id = %d`, id%500+1),
			fmt.Sprintf(`UPDATE persons SET family = NULL WHERE id = %d`, id),
		}
	}
}

// TestRegroup splits and merges under two writers of old code and two of new: no statement
// fails, and no row is left in which both sides differ. The short form splits.
func TestRegroup(t *testing.T) {
	type regroup struct {
		w    Wanted
		code func(fresh bool) func(id int) []string
		drop string
	}
	ways := []regroup{{splitName, splitCode, "name"}}
	if dbtest.Long() {
		ways = append(ways, regroup{mergeName, mergeCode, "given, family"})
	}
	for _, c := range ways {
		t.Run(c.w.Kind, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, dbtest.New(t))
			old := start(p, 1000, 2, c.code(false))
			begun := p.begin(c.w)
			p.step(begun.ID) // add, keep in step, fill
			fresh := start(p, 5_000_000, 2, c.code(true))
			fresh.more(200)
			p.step(begun.ID) // deploy, after two counts
			fresh.more(200)
			old.more(20)
			old.end()
			p.step(begun.ID) // stop
			fresh.more(20)
			fresh.end()
			where := begun.Phases[len(begun.Phases)-1].Gates.Same.Where
			if n := p.db.Count(t, `persons WHERE `+where); n != 0 {
				t.Errorf("%d rows differ", n)
			}
			t.Logf("%d statements of old code, %d of new code, %d rows", old.sent, fresh.sent, p.db.Count(t, "persons"))
			if done := p.step(begun.ID); done == nil || done.Stage != Drop {
				t.Errorf("the old is not dropped: %+v", done)
			}
			if n := p.db.Count(t, `pg_attribute WHERE attrelid = 'persons'::regclass AND NOT attisdropped
				AND attname = ANY (string_to_array('`+c.drop+`', ', '))`); n != 0 {
				t.Errorf("%d old columns are there", n)
			}
		})
	}
}

// TestRegroupGate: code is deployed only once two counts found no row in which both sides
// differ, and what nobody wrote is filled while what the application wrote stays.
func TestRegroupGate(t *testing.T) {
	dbtest.LongAlone(t)
	p := newPlace(t, dbtest.New(t))
	c := p.begin(splitName)
	p.step(c.ID)
	p.db.Exec(t, `ALTER TABLE persons DISABLE TRIGGER USER; UPDATE persons SET name = 'apart' WHERE id < 4;
		ALTER TABLE persons ENABLE TRIGGER USER`)
	d := p.desk()
	found, err := d.Find(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Settle(t.Context(), found); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Check(t.Context(), found, time.Minute, backfill.NewID); err != nil {
		t.Fatal(err)
	}
	err = d.Confirm(t.Context(), found, "v1")
	if err == nil || !strings.Contains(err.Error(), "3 rows in which the old and the new columns differ") {
		t.Errorf("confirmed over rows that differ: %v", err)
	}
}

// TestRegroupRefusals are said before the first phase, with what would lift them.
func TestRegroupRefusals(t *testing.T) {
	p := newPlace(t, dbtest.New(t))
	p.db.Exec(t, `CREATE FUNCTION low() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.note := lower(NEW.note); RETURN NEW; END';
		CREATE TRIGGER low BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION low()`)
	for _, c := range []struct {
		kind, from, to, sets, want string
	}{
		{"split", "persons.name", "a", "a = name;name = a", "split takes TABLE.COLUMN"},
		{"split", "persons.name", "a,b", "a = name;b = name", "nothing says what the other columns make name"},
		{"split", "persons.name", "a,b", "a = name;b = name;name = a;c = b", "--set is for c"},
		{"split", "persons.name", "a,given", "a = name;given = name;name = a", "there is a column given already"},
		{"split", "persons.name", "a,b", "a = nope(name);b = name;name = a", "function nope does not exist"},
		{"split", "persons.name", "a,b", "a = random()::text;b = name;name = a", "may give another value each time"},
		{"split", "persons.name", "a,b", "a = name;b = a;name = a", "reads a, which is on the same side"},
		{"split", "persons.name", "a int,b", "a = name::int;b = name;name = a::text", "invalid input syntax for type"},
		{"split", "persons.name", "a,b", "a = (SELECT 1);b = name;name = a", "asks other rows"},
		{"split", "persons.name", "a,b", "a = name) FROM x WHERE (1 = 1;b = name;name = a", "is not one expression"},
		{"split", "users.note", "a,b", "a = note;b = note;note = a", "public.low of trigger low names the column"},
		{"split", "users.id", "a,b", "a = id;b = id;id = a", "is part of the primary key"},
		{"merge", "persons.given", "a", "a = given;given = a", "merge takes TABLE.COLUMN,COLUMN"},
	} {
		_, err := p.desk().Propose(t.Context(), Wanted{Kind: c.kind, Args: []string{c.from, c.to},
			Sets: strings.Split(c.sets, ";"), Soak: time.Hour, ID: backfill.NewID()})
		if err == nil || !strings.Contains(err.Error(), c.want) || steps.HintOf(err) == "" {
			t.Errorf("%s %s %s: %v; want %s", c.kind, c.from, c.sets, err, c.want)
		}
	}
}
