package catalog

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"belay/sqlview/parse"
)

// TestWalk visits what protobuf's own reflection finds in the trees of the
// corpus, each message once, and leaves out what is below a refusal.
func TestWalk(t *testing.T) {
	paths, err := filepath.Glob("../testdata/corpus/*.sql")
	if err != nil || len(paths) == 0 {
		t.Fatal("no corpus", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files, err := parse.Parse(context.Background(), text)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range files[0].Statements {
			if st.Node == nil {
				continue
			}
			want := reflected(st.Node.ProtoReflect())
			var got []any
			Walk(st.Node, func(m any) bool { got = append(got, m); return true })
			if len(got) != len(want) || slices.ContainsFunc(got, func(m any) bool { return !want[m] }) {
				t.Errorf("%s: %s: %d messages, want %d", path, st.SQL, len(got), len(want))
			}
			seen := 0
			Walk(st.Node, func(any) bool { seen++; return false })
			if seen != 1 {
				t.Errorf("%s: %d messages visited below a refusal", path, seen-1)
			}
		}
	}
}

func reflected(m protoreflect.Message) map[any]bool {
	all := map[any]bool{m.Interface(): true}
	add := func(m protoreflect.Message) {
		for k := range reflected(m) {
			all[k] = true
		}
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				add(v.List().Get(i).Message())
			}
		default:
			add(v.Message())
		}
		return true
	})
	return all
}
