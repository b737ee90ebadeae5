package migration

import (
	"strings"
	"testing"
	"testing/fstest"
)

// What is composed is read again as what it was meant to be.
func TestComposedFilesAreReadAgain(t *testing.T) {
	for _, c := range []struct {
		format string
		have   []string
		above  uint64
		want   string
	}{
		{
			"golang-migrate", []string{"000041_a.up.sql", "000041_a.down.sql"}, 0,
			"000042_index.up.sql implicit 000042_index.down.sql implicit",
		},
		{
			"golang-migrate", []string{"000041_a.up.sql"}, 50,
			"000051_index.up.sql implicit 000051_index.down.sql implicit",
		},
		{
			"plain", []string{"20240101000000_a.sql"}, 0,
			"20261123180000_index.sql none 20261123180000_index.down.sql none",
		},
		{"plain", []string{"7-a.sql", "rollback/7-a.sql"}, 0, "8_index.sql none rollback/8_index.sql none"},
	} {
		f, err := Find(c.format)
		if err != nil {
			t.Fatal(err)
		}
		files := fstest.MapFS{}
		for _, name := range c.have {
			files["m/"+name] = &fstest.MapFile{Data: []byte("SELECT 1;\n")}
		}
		folder, err := f.Load(files, "m")
		if err != nil {
			t.Fatal(err)
		}
		draft := Draft{
			Title: "Index!", Up: "CREATE INDEX CONCURRENTLY i ON t (a);\n", Down: "DROP INDEX CONCURRENTLY i;\n",
			NoTransaction: true, DownNoTransaction: true,
		}
		made := f.ComposeAll(folder.Above(c.above), []Draft{draft, {Title: "second", Up: "SELECT 1;\n"}}, now)
		got := strings.Join([]string{
			made[0].Up.Path, string(made[0].Up.Tx), made[0].Down.Path, string(made[0].Down.Tx),
		}, " ")
		if got != c.want {
			t.Errorf("%s beside %v: %s, want %s", c.format, c.have, got, c.want)
		}
		for _, m := range made {
			files["m/"+m.Up.Path] = &fstest.MapFile{Data: m.Up.Bytes}
			if m.Down != nil {
				files["m/"+m.Down.Path] = &fstest.MapFile{Data: m.Down.Bytes}
			}
		}
		again, err := f.Load(files, "m")
		if err != nil || len(again.Problems) > 0 || len(again.Migrations) != 3 {
			t.Fatalf("%s: %v %v", c.format, err, again.Problems)
		}
		read := again.Migrations[1]
		if read.Version != made[0].Version || read.Title != "index" || read.Up.Tx != made[0].Up.Tx ||
			read.Down == nil || read.Down.Tx != made[0].Down.Tx {
			t.Errorf("%s: written %+v, read %+v", c.format, made[0], read)
		}
		if made[1].Number <= made[0].Number || made[1].Down != nil {
			t.Errorf("%s: the second is %+v", c.format, made[1])
		}
	}
}
