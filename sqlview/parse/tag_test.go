package parse

import (
	"context"
	"os"
	"strings"
	"testing"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// TestCommandTag compares with the tags that a server of version 15 answered
// for each statement of tags.tsv. CREATE MATERIALIZED VIEW is the one that it
// completes under another tag, SELECT; its event triggers see the one here.
func TestCommandTag(t *testing.T) {
	table, err := os.ReadFile("testdata/tags.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var srcs [][]byte
	var want []string
	for line := range strings.Lines(string(table)) {
		tag, sql, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			t.Fatalf("no tab in %q", line)
		}
		srcs, want = append(srcs, []byte(sql)), append(want, tag)
	}
	files, err := Parse(context.Background(), srcs...)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		if s := f.Statements[0]; s.Kind != want[i] {
			t.Errorf("%s: %q, the server says %q (%v)", s.SQL, s.Kind, want[i], s.Problem)
		}
	}
}

// TestEveryStatementHasATag looks at every node of the grammar that ends in
// Stmt and is one of its own.
func TestEveryStatementHasATag(t *testing.T) {
	inner := map[string]bool{
		"raw_stmt": true, "set_operation_stmt": true, "return_stmt": true, "replica_identity_stmt": true,
	}
	varies := map[string]bool{}
	for _, name := range strings.Fields(`drop_stmt define_stmt rename_stmt alter_table_stmt alter_table_move_all_stmt
		alter_function_stmt alter_object_depends_stmt alter_object_schema_stmt alter_owner_stmt transaction_stmt
		close_portal_stmt fetch_stmt grant_stmt grant_role_stmt create_function_stmt vacuum_stmt create_table_as_stmt
		variable_set_stmt discard_stmt deallocate_stmt`) {
		varies[name] = true
	}
	fields := (&pg.Node{}).ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		name := string(fields.Get(i).Name())
		if strings.HasSuffix(name, "_stmt") && !inner[name] && !varies[name] && fixedTags[name] == "" {
			t.Errorf("%s has no command tag", name)
		}
	}
}
