package backfill_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
)

// appSession is the application's own connection, whose settings are not those of
// the backfill.
type appSession struct{ conn *pgx.Conn }

func newAppSession(t *testing.T, s *stand) *appSession {
	t.Helper()
	a := &appSession{conn: s.Conn(t)}
	a.exec(t,
		`SET search_path = public; SET DateStyle = 'German'; SET standard_conforming_strings = off; SET TimeZone = 'Asia/Tokyo'; SET backslash_quote = on;
		SET escape_string_warning = off; SET transform_null_equals = on; SET test.self = 'false'; SET test.cursor = '-2147483648'; SET test.upper = '2147483647'`)
	return a
}

func (a *appSession) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := a.conn.Exec(bounded(t), sql); err != nil {
		t.Fatal(err)
	}
}

// place says between which keys batches are to come.
func (a *appSession) place(t *testing.T, p *property) {
	t.Helper()
	cursor, upper := "-2147483648", "2147483647"
	if p.model.strict && p.id != "" {
		err := a.conn.QueryRow(bounded(t),
			`SELECT coalesce(CASE WHEN state IN ('passed', 'done') THEN upper_key[1] ELSE last_key[1] END, $2), coalesce(upper_key[1], $2)
			FROM belay.backfill WHERE id = $1::text::uuid`, p.id, cursor).Scan(&cursor, &upper)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			t.Fatal(err)
		}
	}
	a.exec(t, fmt.Sprintf(`SET test.cursor = '%s'; SET test.upper = '%s'`, cursor, upper))
}

func (a *appSession) ids(t *testing.T) []int {
	t.Helper()
	rows, err := a.conn.Query(bounded(t), `SELECT id FROM w ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		t.Fatal(err)
	}
	return ids
}
