package throttle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/scratch"
)

func TestArchiver(t *testing.T) {
	t.Parallel()
	c := dbtest.NewCluster(t, scratch.Options{Settings: map[string]string{
		"archive_mode":    "on",
		"archive_command": "test ! -e " + filepath.Join(os.TempDir(), "belay-archive-stop-"+t.Name())}})
	stop := filepath.Join(os.TempDir(), "belay-archive-stop-"+t.Name())
	t.Cleanup(func() { _ = os.Remove(stop) })
	db := dbtest.In(t, c, "archive")
	read := sampler(t, Archiver, "2", Input{DB: db.Conn(t)})
	segment := func() {
		db.Exec(t, `CREATE TABLE IF NOT EXISTS t (id int); INSERT INTO t VALUES (1)`)
		db.Exec(t, `SELECT pg_catalog.pg_switch_wal()`)
	}
	segment()
	dbtest.WaitFor(t, "a segment to be archived", func() bool {
		return dbtest.QueryVal[int64](t, db, `SELECT archived_count FROM pg_stat_archiver`) > 0
	})
	dbtest.WaitFor(t, "the archiver to catch up", func() bool { v := read(); return v.Action == "" && v.Value == "0" })
	if err := os.WriteFile(stop, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		segment()
	}
	v := read()
	wantOver(t, v, Wait)
	// A fourth one counts when something is written behind it.
	if !strings.HasPrefix(v.Reason(), "WAL segments not archived ") || !strings.HasSuffix(v.Reason(), " > 2") {
		t.Errorf("reason %q", v.Reason())
	}
}

func TestArchiverOff(t *testing.T) {
	wantOver(t, sampler(t, Archiver, "2", Input{DB: dbtest.New(t).Conn(t)})(), "")
}
