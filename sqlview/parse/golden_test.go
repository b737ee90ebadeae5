package parse

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	pg "github.com/pganalyze/pg_query_go/v6"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the wanted sections of testdata")

// TestGolden reads each NAME.sql of testdata and compares with want/NAME.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, path := range paths {
		ar, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(ar.Files); i += 2 {
			in, want := ar.Files[i], &ar.Files[i+1]
			name := strings.TrimSuffix(in.Name, ".sql")
			if want.Name != "want/"+name {
				t.Fatalf("%s: %s has no want/%s after it", path, in.Name, name)
			}
			t.Run(name, func(t *testing.T) {
				src := string(in.Data)
				f := parseOne(t, src)
				checkPositions(t, src, f)
				got := describe(src, f)
				if *update {
					want.Data = []byte(got)
				} else if d := cmp.Diff(string(want.Data), got); d != "" {
					t.Error(d)
				}
			})
		}
		if *update {
			if err := os.WriteFile(path, txtar.Format(ar), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func describe(src string, f File) string {
	var b strings.Builder
	for _, m := range f.Meta {
		fmt.Fprintf(&b, "%d %s: %q\n", m.Line, m.What, src[m.Start:m.End])
	}
	for _, c := range f.Comments {
		fmt.Fprintf(&b, "%d comment: %q\n", c.Line, c.Text)
	}
	for _, s := range f.Statements {
		fmt.Fprintf(&b, "%d-%d %s: %q\n", s.Line, s.EndLine, s.Kind, s.SQL)
		if p := s.Problem; p != nil {
			fmt.Fprintf(&b, "  problem %d:%d %s\n", p.Line, p.Column, p.Message)
		}
		for _, feature := range s.Features {
			fmt.Fprintf(&b, "  %s at %q of %q\n", feature.Name, cut(s.SQL[feature.Offset:]), cut(s.SQL[feature.Node:]))
		}
		if len(s.Features) > 0 {
			describeConstraints(&b, s)
		}
	}
	return b.String()
}

func describeConstraints(b *strings.Builder, s Statement) {
	for _, c := range constraintsOf(messagesOf(s.Node.ProtoReflect(), nil)) {
		fmt.Fprintf(b, "    %s %s %q", c.Contype, c.Conname, cut(s.SQL[c.Location:]))
		for _, k := range c.Keys {
			fmt.Fprintf(b, " key %s", k.GetString_().GetSval())
		}
		fmt.Fprintf(b, " skip=%v noinherit=%v\n", c.SkipValidation, c.IsNoInherit)
	}
}

func cut(s string) string { return s[:min(len(s), 24)] }

// checkPositions compares what the tree says of names with the text there.
func checkPositions(t *testing.T, src string, f File) {
	t.Helper()
	for _, s := range f.Statements {
		if s.SQL != src[s.Start:s.End] {
			t.Errorf("SQL is not the source: %q", s.SQL)
		}
		if (s.Node == nil) == (s.Problem == nil) {
			t.Errorf("%q: a tree or a problem, never both or none", s.SQL)
		}
		if s.Node == nil {
			continue
		}
		for _, m := range messagesOf(s.Node.ProtoReflect(), nil) {
			name, at := "", int32(0)
			switch n := m.(type) {
			case *pg.RangeVar:
				name, at = n.Schemaname+n.Relname, n.Location
				if n.Schemaname != "" {
					name = n.Schemaname
				}
			case *pg.ColumnRef:
				name, at = n.Fields[0].GetString_().GetSval(), n.Location
			case *pg.ColumnDef:
				name, at = n.Colname, n.Location
			}
			rest := strings.TrimLeft(s.SQL[max(at, 0):], `"`)
			if name != "" && !strings.Contains(name, `"`) &&
				!strings.EqualFold(rest[:min(len(rest), len(name))], name) {
				t.Errorf("%q: %T %s is not at byte %d", s.SQL, m, name, at)
			}
		}
	}
}
