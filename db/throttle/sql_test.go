package throttle

import (
	"strings"
	"testing"

	"belay/db/dbtest"
)

func TestSQL(t *testing.T) {
	db := dbtest.New(t)
	db.Exec(t, `CREATE TABLE queue (id int)`)
	conn := db.Conn(t)
	read := sampler(t, SQL, `SELECT count(*) - 2 FROM queue -- longer than two`, Input{DB: conn})
	wantOver(t, read(), "")
	db.Exec(t, `INSERT INTO queue SELECT generate_series(1, 5)`)
	v := read()
	wantOver(t, v, Wait)
	if v.Reason() != "the team's query 3 > 0" {
		t.Errorf("reason %q", v.Reason())
	}
	for _, broken := range []string{
		`SELECT id FROM queue WHERE false`, `SELECT NULL::int`, `SELECT missing`, `SELECT 1; DELETE FROM queue`,
	} {
		v := sampler(t, SQL, broken, Input{DB: conn})()
		if v.Action != Wait || !strings.HasPrefix(v.Reason(), "cannot read sql") {
			t.Errorf("%s: %q", broken, v.Reason())
		}
	}
	if n := db.Count(t, "queue"); n != 5 {
		t.Errorf("%d rows left", n)
	}
}
