package play_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"belay/db"
	"belay/sqlview/catalog"
	"belay/sqlview/parse"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// follows lists where the catalog that was told of the setup and the statement
// differs from the catalog of the server that ran them.
func follows(ctx context.Context, t *testing.T, monitor *db.Conn, conn *pgx.Conn, told *catalog.Snapshot, setup,
	statement parse.File, version int) []string {
	t.Helper()
	st := statement.Statements[0]
	if skipped[st.Kind] || strings.Contains(st.SQL, "RECURSIVE") {
		return nil
	}
	for _, s := range setup.Statements {
		if s.Kind == "SET" {
			if _, err := conn.Exec(ctx, s.SQL); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := conn.Exec(ctx, st.SQL, pgx.QueryExecModeSimpleProtocol); err != nil {
		return nil
	}
	after := told.Clone()
	after.Apply(st, version)
	got, want := describe(after), describe(inspected(ctx, t, monitor, parse.File{}))
	if diff := cmp.Diff(want, got); diff != "" {
		return []string{"the catalog does not follow (- server, + told):\n" + diff}
	}
	return nil
}

// skipped are statements that do not change the catalog, or that cost too much
// to run for real; the columns of a recursive view are not told.
var skipped = map[string]bool{
	"SELECT": true, "COPY": true, "VACUUM": true, "CLUSTER": true, "REINDEX": true, "EXPLAIN": true,
}

// describe writes what a snapshot and a server must agree on.
func describe(s *catalog.Snapshot) []string {
	var out []string
	for name, r := range s.Relations.All() {
		if r.Kind == catalog.Index {
			out = append(out,
				fmt.Sprintf("index %s of %s parents %v children %v", name, r.FromTable, r.Parents, sorted(r.Children)))
			continue
		}
		out = append(out,
			fmt.Sprintf("%s %s of %q unlogged %v rls %v policies %d parents %v children %v referenced by %v default "+
				"%s key %s%v",
				r.Kind, name, r.FromTable, r.Unlogged, r.RowSecurity, r.Policies, r.Parents, sorted(r.Children),
				sorted(r.ReferencedBy), r.DefaultPartition, r.PartitionStrategy, r.PartitionColumns))
		stored := r.Kind == catalog.Table || r.Kind == catalog.PartitionedTable
		for _, c := range r.Columns {
			if stored {
				out = append(out,
					fmt.Sprintf("  column %s %s not null %v identity %v %s", c.Name,
						strings.TrimPrefix(c.Type, "public."), c.NotNull, c.Identity, c.Generated))
			} else if r.Kind != catalog.Sequence {
				out = append(out, "  column "+c.Name)
			}
		}
		out = append(out, details(r)...)
	}
	return out
}

func details(r *catalog.Relation) []string {
	var out []string
	for _, i := range r.Indexes {
		out = append(out,
			fmt.Sprintf("  index %s %q unique %v primary %v valid %v constraint %q", i.Name, i.Columns, i.Unique,
				i.Primary, i.Valid, i.Constraint))
	}
	for _, k := range r.Constraints {
		if k.Type != catalog.NotNull {
			out = append(out,
				fmt.Sprintf("  constraint %s %s %v valid %v to %s%v", k.Name, k.Type, sorted(k.Columns), k.Valid,
					k.References, k.RefColumns))
		}
	}
	for _, g := range r.Triggers {
		out = append(out, fmt.Sprintf("  trigger %s %s %v", g.Name, g.Function, g.Enabled))
	}
	slices.Sort(out)
	for _, d := range sortedDependents(r.Dependents) {
		out = append(out, "  "+d)
	}
	return out
}

func sortedDependents(all []catalog.Dependent) []string {
	var out []string
	for _, d := range all {
		if d.Kind == catalog.Table {
			continue // the rule of another table
		}
		out = append(out, fmt.Sprintf("dependent %s %s", d.Kind, d.Name))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func sorted(all []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(all)))
}
