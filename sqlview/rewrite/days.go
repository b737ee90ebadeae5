package rewrite

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Days is a statement with a hazard whose change a campaign makes over several deployments.
type Days struct {
	// Line is the statement's.
	Line int
	// Args are a kind of campaign and what it is given.
	Args []string
}

// overDays finds the statements that a campaign can make: those with a hazard that counts,
// which name one thing.
func overDays(f parse.File, found []lint.Hazard) []Days {
	var all []Days
	for i, st := range f.Statements {
		if !slices.ContainsFunc(found, func(h lint.Hazard) bool { return h.Statement == i && counts(h) }) {
			continue
		}
		if args := daysOf(st); args != nil {
			all = append(all, Days{Line: st.Line, Args: args})
		}
	}
	return all
}

func daysOf(st parse.Statement) []string {
	switch n := st.Node.GetNode().(type) {
	case *pg.Node_RenameStmt:
		r := n.RenameStmt
		switch {
		case r.RenameType == pg.ObjectType_OBJECT_COLUMN && r.RelationType == pg.ObjectType_OBJECT_TABLE:
			return []string{"rename", column(r.Relation, r.Subname), lint.Ident(r.Newname)}
		case r.RenameType == pg.ObjectType_OBJECT_TABLE:
			return []string{"rename", Written(r.Relation), lint.Ident(r.Newname)}
		}
	case *pg.Node_DropStmt:
		d := n.DropStmt
		if d.RemoveType == pg.ObjectType_OBJECT_TABLE && len(d.Objects) == 1 {
			var names []string
			for _, name := range catalog.Strings(d.Objects[0].GetList().GetItems()) {
				names = append(names, lint.Ident(name))
			}
			return []string{"drop", strings.Join(names, ".")}
		}
	case *pg.Node_AlterTableStmt:
		a := n.AlterTableStmt
		if a.Objtype == pg.ObjectType_OBJECT_TABLE && len(a.Cmds) == 1 {
			return daysOfCommand(st.SQL, a.Relation, a.Cmds[0].GetAlterTableCmd())
		}
	}
	return nil
}

func daysOfCommand(sql string, table *pg.RangeVar, cmd *pg.AlterTableCmd) []string {
	switch cmd.Subtype {
	case pg.AlterTableType_AT_DropColumn:
		return []string{"drop", column(table, cmd.Name)}
	case pg.AlterTableType_AT_SetNotNull:
		return []string{"not-null", column(table, cmd.Name)}
	case pg.AlterTableType_AT_AlterColumnType:
		args := []string{"type", column(table, cmd.Name), catalog.TypeText(cmd.Def.GetColumnDef().GetTypeName())}
		if at := topLevel(sql, "USING"); at >= 0 {
			args = append(args, "--using", strings.TrimSpace(sql[at+len("USING"):]))
		}
		return args
	case pg.AlterTableType_AT_AddConstraint:
		k := cmd.Def.GetConstraint()
		if k.GetContype() != pg.ConstrType_CONSTR_FOREIGN || len(k.FkAttrs) != 1 || len(k.PkAttrs) != 1 {
			return nil
		}
		return []string{
			"foreign-key", column(table, catalog.Strings(k.FkAttrs)[0]),
			column(k.Pktable, catalog.Strings(k.PkAttrs)[0]),
		}
	}
	return nil
}

func column(table *pg.RangeVar, name string) string { return Written(table) + "." + lint.Ident(name) }
