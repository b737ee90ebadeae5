package catalog

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Leaves are the partitions of a table that hold rows, however deep they lie.
func (s *Snapshot) Leaves(table string) []*Relation {
	var all []*Relation
	for _, name := range s.Descendants(table) {
		if r := s.Seen(name); r != nil && r.Kind != PartitionedTable {
			all = append(all, r)
		}
	}
	return all
}

// TakesOver reports whether a foreign key that a partitioned table gets reads no
// row, because each of its partitions has the same one already, and valid; some is
// true where one of them has it. Source: tryAttachPartitionForeignKey in tablecmds.c.
func (s *Snapshot) TakesOver(table string, k *pg.Constraint) (all, some bool) {
	parent := s.Name(k.Pktable)
	refers := Strings(k.PkAttrs)
	if len(refers) == 0 {
		refers = primaryColumns(s.Seen(parent))
	}
	r := s.Seen(table)
	if r == nil || r.Kind != PartitionedTable {
		return false, false
	}
	same := func(old Constraint) bool {
		return old.Type == ForeignKey && old.Valid && old.Enforced && !old.Inherited &&
			old.References == parent && slices.Equal(old.Columns, Strings(k.FkAttrs)) &&
			slices.Equal(old.RefColumns, refers) && old.Deferrable == k.Deferrable &&
			old.Deferred == k.Initdeferred && old.MatchFull == (k.FkMatchtype == "f") &&
			old.OnDelete == ForeignKeyAction(k.FkDelAction) && old.OnUpdate == ForeignKeyAction(k.FkUpdAction)
	}
	all = true
	for _, leaf := range s.Leaves(table) {
		has := slices.ContainsFunc(leaf.Constraints, same)
		all, some = all && has, some || has
	}
	return all, some
}

// BoundConditions writes a bound over one column as the server's constraint;
// nil where it cannot be written simply.
func BoundConditions(parent *Relation, b *pg.PartitionBoundSpec) []string {
	if parent == nil || len(parent.PartitionColumns) != 1 || parent.PartitionColumns[0] == "" || b == nil ||
		b.IsDefault {
		return nil
	}
	column := Quote(parent.PartitionColumns[0])
	want := []string{column + " IS NOT NULL"}
	switch {
	case len(b.Lowerdatums) == 1 && len(b.Upperdatums) == 1:
		if v := Expression(b.Lowerdatums[0]); v != "minvalue" {
			want = append(want, column+" >= "+v)
		}
		if v := Expression(b.Upperdatums[0]); v != "maxvalue" {
			want = append(want, column+" < "+v)
		}
	case len(b.Listdatums) == 1:
		want = append(want, column+" = "+Expression(b.Listdatums[0]))
	default:
		return nil
	}
	return want
}
