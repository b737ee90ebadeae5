package dsn

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what Read says into testdata/read.txt")

// said is what a line of the table says of a DSN.
func said(text string) string {
	d, err := Read(text)
	if err != nil {
		return "! " + err.Error()
	}
	var all []string
	for _, params := range []map[string]string{d.Params, d.Tool} {
		for _, name := range slices.Sorted(maps.Keys(params)) {
			all = append(all, Keyword(name, params[name]))
		}
	}
	if d.Path != "" {
		all = append(all, "path "+d.Path)
	}
	return strings.Join(all, " ")
}

func TestRead(t *testing.T) {
	b, err := os.ReadFile("testdata/read.txt")
	if err != nil {
		t.Fatal(err)
	}
	var now []string
	for _, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			now = append(now, line)
			continue
		}
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		text, _ := strconv.Unquote(quoted)
		now = append(now, strings.TrimRight(quoted+"  "+said(text), " "))
		if _, err := Read(text); err != nil {
			if e := err.(*Error); e.Advice == "" || strings.Contains(fmt.Sprint(e.Problem, e.Advice), "s3c") {
				t.Errorf("%s: %q, %q", quoted, e.Problem, e.Advice)
			}
		}
	}
	if *update {
		err := os.WriteFile("testdata/read.txt", []byte(strings.Join(now, "\n")+"\n"), 0o644)
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSuffix(string(b), "\n"), "\n"), now); diff != "" {
		t.Errorf("testdata/read.txt (-want +got):\n%s", diff)
	}
}
