package migration

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const now = "20261123180000"

func folderOf(names ...string) Folder {
	var f Folder
	for _, name := range names {
		part := leadingVersion.FindStringSubmatch(name)
		number, _ := parseVersion(part[2])
		f.Migrations = append(f.Migrations, Migration{Version: part[2], Number: number, Up: File{Path: name}})
	}
	sortMigrations(f.Migrations)
	return f
}

func TestRenumber(t *testing.T) {
	for _, c := range []struct {
		name   string
		folder Folder
		moved  int // so many of the folder's first
		above  uint64
		want   []Move
	}{
		{
			"its own width, where nothing stays", folderOf("0009_a.up.sql"), 1, 9,
			[]Move{{"0009_a.up.sql", "0010_a.up.sql"}},
		},
		{"above everything already", folderOf("0009_a.up.sql"), 1, 8, nil},
		{
			"two, in their order, without a gap", folderOf("3_a.sql", "4_b.sql", "03_theirs.sql"), 3, 3,
			[]Move{{"03_theirs.sql", "04_theirs.sql"}, {"3_a.sql", "5_a.sql"}, {"4_b.sql", "6_b.sql"}},
		},
		{
			"sequence, width kept", folderOf("000003_a.up.sql", "000004_b.up.sql"), 1, 0,
			[]Move{{"000003_a.up.sql", "000005_a.up.sql"}},
		},
		{"above what staging ran", folderOf("000003_a.up.sql"), 1, 31, []Move{{"000003_a.up.sql", "000032_a.up.sql"}}},
		{"no width", folderOf("9_a.up.sql", "9_b.up.sql"), 1, 0, []Move{{"9_a.up.sql", "10_a.up.sql"}}},
		{
			"timestamp: now", folderOf("20240115120000_a.sql", "20240116120000_b.sql"), 1, 0,
			[]Move{{"20240115120000_a.sql", now + "_a.sql"}},
		},
		{
			"timestamp: a clock ahead", folderOf("20270131235959_a.sql"), 1, 20270131235959,
			[]Move{{"20270131235959_a.sql", "20270201000000_a.sql"}},
		},
		{
			"timestamp: applied ahead", folderOf("20240115120000_a.sql"), 1, 20270131235959,
			[]Move{{"20240115120000_a.sql", "20270201000000_a.sql"}},
		},
		{"unix seconds", folderOf("1700000000_a.up.sql"), 1, 0, []Move{{"1700000000_a.up.sql", "1795456800_a.up.sql"}}},
		{"a V before it", folderOf("V7_a.sql"), 1, 7, []Move{{"V7_a.sql", "V8_a.sql"}}},
	} {
		all, err := Renumber(c.folder.Migrations[:c.moved], c.folder, c.above, now)
		var got []Move
		for _, r := range all {
			got = append(got, r.Moves...)
		}
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", c.name, err, diff)
		}
	}
}

func TestRenumberMovesTheWayBack(t *testing.T) {
	f := folderOf("0001_a.sql")
	f.Migrations[0].Down = &File{Path: "../rollback/0001_a.sql"}
	all, err := Renumber(f.Migrations, f, 1, now)
	if err != nil {
		t.Fatal(err)
	}
	want := []Move{{"0001_a.sql", "0002_a.sql"}, {"../rollback/0001_a.sql", "../rollback/0002_a.sql"}}
	if diff := cmp.Diff(want, all[0].Moves); diff != "" || all[0].Version != "0002" {
		t.Error(all[0].Version, diff)
	}
}

func TestRenumberNothingAbove(t *testing.T) {
	f := folderOf("9223372036854775807_a.up.sql")
	if moves, err := Renumber(f.Migrations, f, 9223372036854775807, now); err == nil {
		t.Errorf("a version above the largest bigint: %v", moves)
	}
}

// What a format calls the next migration it reads as one, in an empty folder and
// behind its own sample, and as the newest.
func TestNextName(t *testing.T) {
	for _, f := range Formats() {
		root, dir := ownSample(t, f)
		folder, err := f.Load(root, dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, up := f.VersionOf(f.NextName(Folder{Format: f.Name}, "Add: A!", now)); !up {
			t.Errorf("%s: an empty folder begins with %s", f.Name, f.NextName(Folder{}, "Add: A!", now))
		}
		version, up := f.VersionOf(f.NextName(folder, "Add: A!", now))
		if m, ok := folder.at(version); !up || !ok || f.Compose != nil &&
			m.Compare(folder.Migrations[len(folder.Migrations)-1]) <= 0 {
			t.Errorf("%s: %s is not above the newest", f.Name, f.NextName(folder, "Add: A!", now))
		}
	}
}

func TestDoubt(t *testing.T) {
	f := folderOf("18_mine.up.sql", "20_merged.up.sql", "21_mine.up.sql")
	status := Compare(f, []Row{{Version: "20"}}, golangMigrate.History)
	mine := func(m Migration) bool { return m.Up.Path != "20_merged.up.sql" }
	got := status.Doubt(mine)
	if versions(got.Doubtful) != "18" || versions(got.Applied) != "20" || versions(got.Pending) != "21" {
		t.Errorf("doubtful %s, applied %s, pending %s", versions(got.Doubtful), versions(got.Applied),
			versions(got.Pending))
	}
	settled := got.Settle(func(m Migration) bool { return m.Version == "18" })
	if versions(settled.Doubtful) != "" || versions(settled.Applied) != "18 20" {
		t.Errorf("settled: doubtful %s, applied %s", versions(settled.Doubtful), versions(settled.Applied))
	}
	if again := Compare(f, []Row{{Version: "20"}}, plain.History).Doubt(mine); len(again.Doubtful) > 0 {
		t.Error("a tool with a row a version knows what it ran")
	}
}

func TestStoppingIsForTheFilesToBeRun(t *testing.T) {
	f := folderOf("1_a.sql", "2_b.sql")
	f.Problems = checkText(File{Path: "1_a.sql", Bytes: []byte("\x00")})
	if got := f.Stopping(f.Migrations[1:]); len(got) != 0 {
		t.Error("an applied file stops the run of another:", got)
	}
	if got := f.Stopping(f.Migrations[:1]); len(got) != 1 {
		t.Error("a NUL byte in the file to be run stops nothing")
	}
}

func TestCollide(t *testing.T) {
	f := folderOf("000001_a.up.sql", "000005_mine.up.sql", "000004_low.up.sql", "000007_next.up.sql")
	merged := []string{"000001_a.up.sql", "000001_a.down.sql", "5_theirs.up.sql", "000009_gone.down.sql", "README.md"}
	added := []string{"000005_mine.up.sql", "000004_low.up.sql", "000007_next.up.sql"}
	var got []string
	for _, p := range golangMigrate.Collide(f, added, merged) {
		got = append(got, p.Message)
	}
	want := []string{
		"000004_low.up.sql has a lower version than 5_theirs.up.sql, which is merged: where that one is applied, " +
			"this one is late",
		"000005_mine.up.sql has the version of 5_theirs.up.sql, which is merged",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
