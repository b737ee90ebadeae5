package migration

import (
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

func TestFormatsAreValid(t *testing.T) {
	if !sort.StringsAreSorted(Names()) || len(Names()) < 2 {
		t.Errorf("Names() = %q, want the formats, sorted", Names())
	}
	for _, f := range append(Formats(), Watched()...) {
		if err := Validate(f); err != nil {
			t.Error(err)
		}
		file := strings.ReplaceAll(f.Name, "-", "_") + ".go"
		source, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(source), `"`+f.Name+`"`) {
			t.Errorf("format %s is not declared in %s (%v)", f.Name, file, err)
		}
		if _, err := os.Stat(filepath.Join("testdata", f.Name+".txtar")); err != nil {
			t.Errorf("format %s has no sample: %v", f.Name, err)
		}
		if found, err := Find(f.Name); err != nil || found.Name != f.Name {
			t.Errorf("Find(%q) = %q, %v", f.Name, found.Name, err)
		}
	}
}

func TestValidateRefuses(t *testing.T) {
	if err := Validate(Format{Name: "Not Kebab"}); err == nil {
		t.Error("an empty format is valid")
	}
}

func TestFindUnknown(t *testing.T) {
	for name, want := range map[string]string{
		"kysely": "Kysely folders are recognised and not read by belay",
		"gooose": `unknown tool "gooose"`,
	} {
		if _, err := Find(name); err == nil || err.Error() != want {
			t.Errorf("Find(%q) = %v, want %s", name, err, want)
		}
	}
}

// The keys were seen in a server's log: the first from the command line tool
// on database gm, the second from its library form.
func TestGolangMigrateKeys(t *testing.T) {
	got := golangMigrate.History.Keys("gm", "public", "schema_migrations")
	if len(got) != 2 || got[0] != 3596941855 || got[1] != 1418081039 {
		t.Errorf("keys of gm = %v, want [3596941855 1418081039]", got)
	}
}

func TestPlainKeysPerTable(t *testing.T) {
	one, two := plainKeys("a", "public", "belay_migrations")[0], plainKeys("a", "ops", "belay_migrations")[0]
	if one == two || one <= 0 || two <= 0 {
		t.Errorf("keys %d and %d, want two positive ones that differ", one, two)
	}
}
