package pair

import (
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func (r *reader) drop(d *pg.DropStmt) {
	for _, o := range d.Objects {
		switch d.RemoveType {
		case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_FOREIGN_TABLE, pg.ObjectType_OBJECT_VIEW,
			pg.ObjectType_OBJECT_MATVIEW, pg.ObjectType_OBJECT_SEQUENCE:
			name := r.cat.NameOf(o.GetList().GetItems())
			r.takes(Relation, "", name)
			if d.RemoveType == pg.ObjectType_OBJECT_TABLE {
				r.Ends = append(r.Ends, Thing{Kind: Relation, Name: name})
				r.takes(Rows, "", name)
			}
		case pg.ObjectType_OBJECT_INDEX:
			r.dropIndex(r.cat.NameOf(o.GetList().GetItems()))
		case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
			r.takes(Type, "", r.cat.NameOf(o.GetTypeName().GetNames()))
		case pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE,
			pg.ObjectType_OBJECT_AGGREGATE:
			r.takes(Function, "", r.cat.NameOf(o.GetObjectWithArgs().GetObjname()))
		case pg.ObjectType_OBJECT_SCHEMA:
			r.takes(Schema, "", o.GetString_().GetSval())
		case pg.ObjectType_OBJECT_TRIGGER, pg.ObjectType_OBJECT_POLICY, pg.ObjectType_OBJECT_RULE:
			r.dropOnTable(d.RemoveType, o.GetList().GetItems())
		default:
			r.takes(Object, "",
				strings.Join(append(catalog.Strings(o.GetList().GetItems()), o.GetString_().GetSval()), ""))
		}
	}
}

// onTable are the kinds that are named by their table and their own name.
var onTable = map[pg.ObjectType]Kind{
	pg.ObjectType_OBJECT_TRIGGER: Trigger, pg.ObjectType_OBJECT_POLICY: Policy, pg.ObjectType_OBJECT_RULE: Rule,
}

func (r *reader) dropOnTable(kind pg.ObjectType, parts []*pg.Node) {
	if len(parts) < 2 {
		return
	}
	last := len(parts) - 1
	r.takes(onTable[kind], r.cat.NameOf(parts[:last]), parts[last].GetString_().GetSval())
}

// dropIndex takes a name and, whatever a replacement is called, an index of the
// table. Where the catalog does not know it, it may be one of any table.
func (r *reader) dropIndex(name string) {
	r.takes(Relation, "", name)
	table, i := r.cat.Indexed(name)
	if i == nil {
		if !r.cat.Known() {
			r.takes(Index, all, all)
		}
		return
	}
	r.takesOver(Index, table.Name, i.Columns)
	if i.Unique {
		r.takesOver(Unique, table.Name, i.Columns)
	}
}

func (r *reader) rename(n *pg.RenameStmt) {
	table, fresh := r.cat.Name(n.Relation), catalog.Truncate(n.Newname)
	swap := func(k Kind, of, old, fresh string) {
		r.takes(k, of, old)
		r.brings(k, of, fresh)
	}
	beside := func(old string) string { return catalog.Schema(old) + "." + fresh }
	switch n.RenameType {
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW,
		pg.ObjectType_OBJECT_SEQUENCE,
		pg.ObjectType_OBJECT_INDEX, pg.ObjectType_OBJECT_FOREIGN_TABLE:
		swap(Relation, "", table, beside(table))
	case pg.ObjectType_OBJECT_COLUMN:
		swap(Column, table, n.Subname, fresh)
	case pg.ObjectType_OBJECT_TABCONSTRAINT:
		swap(Constraint, table, n.Subname, fresh)
	case pg.ObjectType_OBJECT_TRIGGER, pg.ObjectType_OBJECT_POLICY, pg.ObjectType_OBJECT_RULE:
		swap(onTable[n.RenameType], table, n.Subname, fresh)
	case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
		old := r.cat.NameOf(n.Object.GetList().GetItems())
		swap(Type, "", old, beside(old))
	case pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE:
		old := r.cat.NameOf(n.Object.GetObjectWithArgs().GetObjname())
		swap(Function, "", old, beside(old))
	case pg.ObjectType_OBJECT_SCHEMA:
		swap(Schema, "", n.Subname, fresh)
	case pg.ObjectType_OBJECT_ATTRIBUTE:
		swap(Column, table, n.Subname, fresh)
	}
}

// setSchema moves a name from one schema to another.
func (r *reader) setSchema(n *pg.AlterObjectSchemaStmt) {
	into := catalog.Truncate(n.Newschema) + "."
	move := func(k Kind, old string) {
		r.takes(k, "", old)
		r.brings(k, "", into+catalog.Base(old))
	}
	switch n.ObjectType {
	case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
		move(Type, r.cat.NameOf(n.Object.GetList().GetItems()))
	case pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE:
		move(Function, r.cat.NameOf(n.Object.GetObjectWithArgs().GetObjname()))
	default:
		if n.Relation != nil {
			move(Relation, r.cat.Name(n.Relation))
		}
	}
}

// grant is by object and grantee: which privilege it is does not matter here.
func (r *reader) grant(n *pg.GrantStmt) {
	for _, o := range n.Objects {
		name := strings.Join(append(catalog.Strings(o.GetList().GetItems()), o.GetString_().GetSval()), ".")
		switch {
		case o.GetRangeVar() != nil:
			name = r.cat.Name(o.GetRangeVar())
		case o.GetObjectWithArgs() != nil:
			name = r.cat.NameOf(o.GetObjectWithArgs().GetObjname())
		}
		for _, g := range n.Grantees {
			r.toggle(n.IsGrant, Grant, name, grantee(g.GetRoleSpec()))
		}
	}
}

func grantee(role *pg.RoleSpec) string {
	if role.GetRolename() == "" {
		return "PUBLIC"
	}
	return role.Rolename
}

func (r *reader) publication(n *pg.AlterPublicationStmt) {
	for _, o := range n.Pubobjects {
		table := r.cat.Name(o.GetPublicationObjSpec().GetPubtable().GetRelation())
		switch n.Action {
		case pg.AlterPublicationAction_AP_DropObjects:
			r.takes(Published, n.Pubname, table)
		case pg.AlterPublicationAction_AP_AddObjects:
			r.brings(Published, n.Pubname, table)
		default:
			r.sets(Published, n.Pubname, all)
		}
	}
}
