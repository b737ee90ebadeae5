package rewrite

import (
	"fmt"
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Alike reports whether what is said of a value of one type can be said of one of the
// other: expressions, conditions, operator classes and foreign keys go on.
func Alike(from, to string) bool {
	a, b := base(from), base(to)
	texts := []string{"text", "character varying", "character", "bpchar", "name"}
	return a == b || Number(from) && Number(to) || slices.Contains(texts, a) && slices.Contains(texts, b)
}

// Number reports whether a type is one of the server's numbers.
func Number(typ string) bool {
	return slices.Contains([]string{"smallint", "integer", "bigint", "numeric", "real", "double precision"}, base(typ))
}

func base(typ string) string {
	name, _, _ := catalog.SplitType(typ)
	return name
}

// computed says which statement of several gives a column another kind of type while an
// index or a CHECK computes with it: whether the server can do the same with the new
// type it finds out when it tries, and by then files before it have run. "" = none.
func computed(f *lint.File) string {
	if len(f.Statements) < 2 {
		return ""
	}
	for i, st := range f.Statements {
		alter, meets := st.Node.GetAlterTableStmt(), f.Catalogs[i]
		if alter == nil || meets == nil {
			continue
		}
		r := meets.Seen(meets.Name(alter.Relation))
		for _, n := range alter.Cmds {
			c := n.GetAlterTableCmd()
			col := r.Column(c.GetName())
			if c.GetSubtype() != pg.AlterTableType_AT_AlterColumnType || col == nil ||
				Alike(col.Type, meets.ColumnType(c.Def.GetColumnDef().GetTypeName())) {
				continue
			}
			if what := computes(r, col.Name); what != "" {
				return fmt.Sprintf("line %d gives column %s another kind of type, and %s computes with it: whether "+
					"the server can do that with the new one, it says only when it tries; give it a file of its own",
					st.Line, col.Name, what)
			}
		}
	}
	return ""
}

// computes is an index or a CHECK that computes with a column; "" = there is none.
func computes(r *catalog.Relation, column string) string {
	for _, i := range r.Indexes {
		if catalog.Mentions(i.Expressions, column) || catalog.Mentions(i.Predicate, column) {
			return "index " + catalog.Base(i.Name)
		}
	}
	for _, k := range r.Constraints {
		if k.Type == catalog.Check && k.Names(column) {
			return "constraint " + k.Name
		}
	}
	return ""
}
