package ways

import (
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"
)

// detailed gives the tables of a sample what a server would tell of them word for
// word, as far as the samples need it.
func detailed(s *catalog.Snapshot, given []parse.Statement) {
	texts := map[string]string{}
	for _, st := range given {
		if n := st.Node.GetIndexStmt(); n != nil {
			texts[n.Idxname] = st.SQL
		}
	}
	for name, r := range s.Relations.All() {
		if r.Kind != catalog.Table && r.Kind != catalog.PartitionedTable {
			continue
		}
		r.Details = &catalog.Details{
			Columns: map[string]catalog.ColumnDetails{}, Indexes: map[string]catalog.IndexDetails{},
			Constraints: map[string]string{},
		}
		for i := range r.Indexes {
			x := &r.Indexes[i]
			if x.Definition = texts[catalog.Base(x.Name)]; x.Definition == "" {
				x.Definition = "CREATE UNIQUE INDEX " + lint.Ident(catalog.Base(x.Name)) + " ON " + name +
					" USING btree (" + lint.Idents(x.Columns) + ")"
			}
		}
		for i := range r.Constraints {
			r.Constraints[i].Definition = definitionOf(r.Constraints[i])
		}
	}
}

func definitionOf(k catalog.Constraint) string {
	columns := " (" + lint.Idents(k.Columns) + ")"
	switch k.Type {
	case catalog.Check:
		return "CHECK (" + k.Expression + ")"
	case catalog.ForeignKey:
		return "FOREIGN KEY" + columns + " REFERENCES " + lint.Quote(k.References) + "(" +
			strings.Join(k.RefColumns, ", ") + ")"
	case catalog.PrimaryKey, catalog.Unique:
		return string(k.Type) + columns
	}
	return ""
}
