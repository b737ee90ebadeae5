package dump

import (
	"errors"
	"testing"

	"belay/db"
)

// pg_dump is held to the line that a session of ours had, by what its libpq knows.
func TestHold(t *testing.T) {
	for _, c := range []struct {
		major   int
		line    db.ChildLine
		params  string
		want    string
		refused bool
	}{
		{15, db.ChildLine{}, "", "", false},
		{15, db.ChildLine{SSLMode: "require"}, "", " sslmode=require", false},
		{15, db.ChildLine{RequireAuth: "!password"}, "?sslmode=disable", "", true},
		{16, db.ChildLine{RequireAuth: "!password,!md5"}, "", " require_auth=!password,!md5", false},
		{16, db.ChildLine{RequireAuth: "password"}, "?require_auth=password", "", false},
	} {
		cfg, err := db.ParseConfig("postgres://u:s3cret@db1.eu/d"+c.params, "test")
		if err != nil {
			t.Fatal(err)
		}
		got, err := hold(Client{Major: c.major}, cfg, c.line)
		var plain *PlainLineError
		if got != c.want || errors.As(err, &plain) != c.refused {
			t.Errorf("%d %+v: %q, %v", c.major, c.line, got, err)
		}
	}
}
