package throttle

import (
	"strings"
	"testing"

	"belay/db/dbtest"
)

func TestWindows(t *testing.T) {
	db := dbtest.New(t)
	conn := db.Conn(t)
	// A zone where it is between 12:00 and 13:00 now; its name has the sign of POSIX.
	if _, err := conn.Exec(bounded(t),
		`SELECT set_config('TimeZone', 'Etc/GMT' || to_char(extract(hour FROM now() AT TIME ZONE 'UTC') - 12, 'SGFM99'), false)`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		limit string
		want  Action
	}{
		{"22:00-06:00", Wait}, {"11:30-13:30", ""}, {"13:30-11:30", Wait}, {"00:00-01:00, 11:00-13:30", ""},
		{"20:00-13:30", ""},
	} {
		v := sampler(t, Windows, c.limit, Input{DB: conn})()
		wantOver(t, v, c.want)
		if c.want == Wait && !strings.Contains(v.Reason(), "> "+c.limit) {
			t.Errorf("reason %q", v.Reason())
		}
	}
}
