package fix_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"belay/db/dbtest"

	"github.com/jackc/pgx/v5"
)

// Writers of old code go on while the files run: none of their statements fails,
// and what they wrote last is what is stored. The files ask for their locks as
// belay does, 200 ms at a time.
func TestWritersGoOnBeside(t *testing.T) {
	const given = `
		CREATE TABLE p (id int PRIMARY KEY);
		INSERT INTO p SELECT generate_series(1, 50);
		CREATE TABLE t (id serial PRIMARY KEY, a int NOT NULL DEFAULT 5 REFERENCES p, b text NOT NULL, n int NOT NULL DEFAULT 0);
		INSERT INTO t (a, b) SELECT g % 50 + 1, 'b' || g FROM generate_series(1, 3000) g;
		CREATE INDEX t_a ON t (a); CREATE UNIQUE INDEX t_b ON t (b); ALTER TABLE t ADD CONSTRAINT once UNIQUE (a, id);
		CREATE TABLE child (tid int REFERENCES t ON DELETE CASCADE, n int);`
	for _, c := range []struct{ name, up, stored string }{
		{
			"type", "ALTER TABLE t ALTER COLUMN a TYPE bigint;",
			"SELECT id || ' ' || a || ' ' || b FROM t WHERE n = $1 ORDER BY id",
		},
		{
			"key", "ALTER TABLE t ALTER COLUMN id TYPE bigint;",
			"SELECT id || ' ' || a || ' ' || b FROM t WHERE n = $1 ORDER BY id",
		},
		{
			"rename", "ALTER TABLE t RENAME COLUMN a TO amount;",
			"SELECT id || ' ' || amount || ' ' || b FROM t WHERE n = $1 ORDER BY id",
		},
		{
			"index", "DROP INDEX t_a; CREATE INDEX t_a ON t (a, b);",
			"SELECT id || ' ' || a || ' ' || b FROM t WHERE n = $1 ORDER BY id",
		},
		{
			"unique", "ALTER TABLE t DROP CONSTRAINT once, ADD CONSTRAINT once UNIQUE (id, a, b);",
			"SELECT id || ' ' || a || ' ' || b FROM t WHERE n = $1 ORDER BY id",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t)
			migrator := d.Conn(t)
			run(t, migrator, given)
			p, _ := propose(t, d, c.up)
			if len(p.Made) == 0 {
				t.Fatalf("nothing is proposed: %+v", p.Left)
			}
			stop := make(chan struct{})
			var writers []*writer
			for i := range 2 {
				w := &writer{conn: d.Conn(t), n: i + 1, done: make(chan struct{}), model: map[int]string{}}
				writers = append(writers, w)
				go w.run(stop)
			}
			for i, m := range p.Made {
				// a timeout would leave an INVALID index
				limit := map[bool]string{true: "0", false: "200ms"}[p.Files[i].Alone]
				run(t, migrator, "SET lock_timeout = '"+limit+"'")
				patiently(t, migrator, string(m.Up.Bytes), m.Up.Path)
			}
			close(stop)
			for _, w := range writers {
				<-w.done
				if w.err != nil {
					t.Error(w.err)
				}
				if got, want := w.stored(t, c.stored), w.wrote(); got != want {
					t.Errorf("writer %d: stored\n%s\nwrote\n%s", w.n, got, want)
				}
				if w.count == 0 {
					t.Error("nothing was written")
				}
			}
		})
	}
}

// patiently runs a file, again where its lock did not come in time.
func patiently(t *testing.T, c *pgx.Conn, sql, path string) {
	t.Helper()
	for range 200 {
		_, err := c.PgConn().Exec(context.Background(), sql).ReadAll()
		if err == nil {
			return
		}
		if codeOf(err) != "55P03" {
			t.Fatalf("%s: %v\n%s", path, err, sql)
		}
		_, _ = c.PgConn().Exec(context.Background(), "ROLLBACK").ReadAll()
	}
	t.Fatalf("%s: the lock never came", path)
}

// writer is a session of old code that writes rows of its own, and knows what it
// wrote.
type writer struct {
	conn     *pgx.Conn
	n, count int
	err      error
	done     chan struct{}
	model    map[int]string
}

func (w *writer) run(stop <-chan struct{}) {
	defer close(w.done)
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		id := w.n*100000 + i%40
		a := (i*7+w.n)%50 + 1
		b := fmt.Sprintf("w%d-%d", w.n, i)
		sql := fmt.Sprintf("INSERT INTO t (id, a, b, n) VALUES (%d, %d, '%s', %d) ON CONFLICT (id) DO UPDATE SET a = "+
			"EXCLUDED.a, b = EXCLUDED.b", id, a, b, w.n)
		switch i % 5 {
		case 3:
			sql = fmt.Sprintf("UPDATE t SET a = %d, b = '%s' WHERE id = %d", a, b, id)
			if w.model[id] == "" {
				continue
			}
		case 4:
			sql = fmt.Sprintf("DELETE FROM t WHERE id = %d", id)
		}
		if _, err := w.conn.PgConn().Exec(context.Background(), sql).ReadAll(); err != nil {
			w.err = fmt.Errorf("%s: %w", sql, err)
			return
		}
		w.count++
		if w.model[id] = fmt.Sprintf("%d %d %s", id, a, b); i%5 == 4 {
			delete(w.model, id)
		}
	}
}

func (w *writer) wrote() string {
	var lines []string
	for i := range 40 {
		if line := w.model[w.n*100000+i]; line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func (w *writer) stored(t *testing.T, query string) string {
	t.Helper()
	rows, err := w.conn.Query(context.Background(), query, w.n)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
