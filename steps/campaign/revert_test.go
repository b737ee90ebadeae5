package campaign

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/dbtest"
)

// revert gives a campaign up, and runs what takes it back.
func (p *place) revert(id string) {
	p.t.Helper()
	d := p.desk()
	c, err := d.Find(p.t.Context(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	back, err := d.Abandon(c, "20261130120000")
	if err != nil {
		p.t.Fatal(err)
	}
	if _, _, err := d.GiveUp(p.t.Context(), c, back); err != nil {
		p.t.Fatal(err)
	}
	p.run()
}

// TestRevertKeepsRows: a revert after the names changed hands loses nothing that new code
// wrote meanwhile. The short form plays the first.
func TestRevertKeepsRows(t *testing.T) {
	for i, c := range []struct {
		w             Wanted
		phases        int
		write, column string
	}{
		{Wanted{Kind: "rename", Args: []string{"users.email", "email_address"}}, 3,
			`INSERT INTO users (id, email_address) VALUES (9001, 'new'); UPDATE users SET email_address = 'newer' WHERE id = 1`, "email"},
		{Wanted{Kind: "type", Args: []string{"orders.total", "double precision"}}, 3,
			`INSERT INTO orders (id, user_id, total) VALUES (9001, 1, 77); UPDATE orders SET total = 77 WHERE id = 1`, "total"},
		{Wanted{Kind: "type", Args: []string{"users.age", "text"}, Using: "age::text", Back: "age::integer"}, 3,
			`INSERT INTO users (id, age) VALUES (9001, '77'); UPDATE users SET age = '77' WHERE id = 1`, "age"},
		{splitName, 2, `INSERT INTO persons (id, given, first_name) VALUES (9001, 'n', 'new');
			UPDATE persons SET first_name = 'new' WHERE id = 1`, "name"},
		{Wanted{Kind: "rename", Args: []string{"users", "people"}}, 2,
			`INSERT INTO people (id, email) VALUES (9001, 'new'); UPDATE people SET email = 'new' || id WHERE id = 1`, "email"},
	} {
		if i > 0 && !dbtest.Long() {
			break
		}
		p := newPlace(t, dbtest.New(t))
		begun := p.begin(c.w)
		for range c.phases {
			p.step(begun.ID)
		}
		p.db.Exec(t, c.write)
		p.revert(begun.ID)
		table, _, _ := strings.Cut(c.w.Args[0], ".")
		where := table + ` WHERE id IN (1, 9001) AND (` + c.column + `)::text ~ '^(new|77)'`
		if n := p.db.Count(t, where); n != 2 {
			t.Errorf("%s: %d of 2 rows that new code wrote are there", c.w.Kind, n)
		}
	}
}

// TestTypeUnderWriters: a change of type under writers of old and new code, and taken back
// under them after it has switched: no statement fails, and no row that was written since
// is lost or another one.
func TestTypeUnderWriters(t *testing.T) {
	p := newPlace(t, dbtest.New(t))
	totals := func(id int) []string {
		return []string{
			fmt.Sprintf(`INSERT INTO orders (id, user_id, total) VALUES (%d, 1, %d)`, id, id%1000),
			fmt.Sprintf(`UPDATE orders SET total = total + 0.5 WHERE id = %d`, id),
			fmt.Sprintf(`UPDATE orders SET total = %d WHERE id = %d`, id, id%250+1),
			fmt.Sprintf(`INSERT INTO orders (id, user_id) VALUES (%d, 1) ON CONFLICT (id) DO UPDATE SET user_id = 2`, id),
		}
	}
	p.db.Exec(t, `UPDATE orders SET total = 12345678901234567890.125 WHERE id > 250`)
	old := start(p, 1000, 2, totals)
	c := p.begin(Wanted{Kind: "type", Args: []string{"orders.total", "double precision"}})
	p.step(c.ID) // deploy
	p.step(c.ID) // add, keep in step, fill
	p.step(c.ID) // the names
	fresh := start(p, 5_000_000, 2, totals)
	fresh.more(200)
	aside := dbtest.QueryVal[string](t, p.db, `SELECT attname::text FROM pg_attribute
		WHERE attrelid = 'orders'::regclass AND attname ~ '^total_drop_'`)
	if n := p.db.Count(t, `orders WHERE total IS DISTINCT FROM `+aside+`::double precision`); n != 0 {
		t.Errorf("%d rows differ while the old column is kept fed", n)
	}
	p.revert(c.ID)
	fresh.more(50)
	old.end()
	fresh.end()
	t.Logf("%d statements of old code, %d of new code", old.sent, fresh.sent)
	if n := p.db.Count(t, `orders WHERE id > 1000 AND total IS DISTINCT FROM id % 1000 + 0.5`); n > 4 {
		t.Errorf("%d rows are not as they were written", n) // of each writer the last row may be half written
	}
	if n := p.db.Count(t, `orders WHERE id BETWEEN 251 AND 500 AND total = 12345678901234567890.125`); n != 250 {
		t.Errorf("%d of 250 rows that nobody wrote have their value to the last digit", n)
	}
}

// TestRevertOfWhatDoesNotFit: where a value that was written since has none of the old type,
// the way back changes nothing and says which it is.
func TestRevertOfWhatDoesNotFit(t *testing.T) {
	dbtest.LongAlone(t)
	p := newPlace(t, dbtest.New(t))
	c := p.begin(Wanted{Kind: "type", Args: []string{"users.age", "bigint"}})
	for range 3 {
		p.step(c.ID)
	}
	p.db.Exec(t, `UPDATE users SET age = 3000000000 WHERE id = 7`)
	d := p.desk()
	found, err := d.Find(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	back, err := d.Abandon(found, "20261130120000")
	if err != nil {
		t.Fatal(err)
	}
	conn, failed := p.db.Conn(t), ""
	for _, m := range back.Made {
		_, err := conn.PgConn().Exec(t.Context(), string(m.Up.Whole)).ReadAll()
		if err != nil {
			failed = db.SQLState(err)
			break
		}
		if strings.Contains(string(m.Up.Whole), "RENAME COLUMN") {
			t.Fatal("the names changed before the value was met")
		}
	}
	if n := p.db.Count(t, `users WHERE age = 3000000000`); failed != "22003" || n != 1 {
		t.Errorf("the way back failed: %q, and %d row has its value", failed, n)
	}
	// From then on such a write fails as it will once the old type is back.
	if _, err := conn.Exec(t.Context(), `UPDATE users SET age = 3000000001 WHERE id = 8`); db.SQLState(err) != "22003" {
		t.Errorf("a write that does not fit: %v", err)
	}
}

// TestRevertOfATypeIsShort: the change of the names back reads no row of the table, and
// builds no index, whatever hangs on the column; what was written meanwhile is there, and
// the schema is as at the start.
func TestRevertOfATypeIsShort(t *testing.T) {
	p := newPlace(t, dbtest.New(t))
	p.db.Exec(t, `CREATE TABLE lines (id integer PRIMARY KEY, code integer NOT NULL UNIQUE CHECK (code > 0), note text, UNIQUE (code, note));
		CREATE INDEX lines_code_idx ON lines (code, id); CREATE TABLE parts_of (line_id integer REFERENCES lines (id), code integer REFERENCES lines (code));
		INSERT INTO lines SELECT g, g, 'n' FROM generate_series(1, 300) g; INSERT INTO parts_of SELECT g, g FROM generate_series(1, 300) g`)
	before := p.dump()
	for _, column := range []string{"id", "code"} {
		c := p.begin(Wanted{Kind: "type", Args: []string{"lines." + column, "bigint"}})
		for range 3 {
			p.step(c.ID)
		}
		p.db.Exec(t, `INSERT INTO lines (`+column+`, `+map[string]string{"id": "code", "code": "id"}[column]+`) SELECT max(id) + 1, max(code) + 1 FROM lines`)
		rows := p.db.Count(t, "lines")
		p.watchSwap = func(conn *pgx.Conn) {
			var read int64
			if err := conn.QueryRow(t.Context(), `SELECT sum(seq_scan + coalesce(idx_scan, 0))::bigint FROM pg_stat_xact_all_tables
				WHERE relid = 'lines'::regclass`).Scan(&read); err != nil || read != 0 {
				t.Errorf("%s: the names changed back with %d scans of the table: %v", column, read, err)
			}
		}
		p.revert(c.ID)
		p.watchSwap = nil
		if n := p.db.Count(t, "lines WHERE id = code"); n != rows {
			t.Errorf("%s: %d of %d rows are as they were written", column, n, rows)
		}
	}
	if after := p.dump(); after != before {
		t.Errorf("the schema is another one:\n%s", difference(before, after))
	}
}
