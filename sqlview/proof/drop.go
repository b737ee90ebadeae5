package proof

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func readDrop(b *book, st parse.Statement) {
	s := st.Node.GetDropStmt()
	if s.Behavior == pg.DropBehavior_DROP_CASCADE {
		// What else went is not in the text.
		b.soften()
	}
	objects := b.scope.Dropped(s)
	if len(objects) < len(s.GetObjects()) {
		b.skip()
	}
	for _, o := range objects {
		b.drop(o)
	}
}

func (b *book) drop(o catalog.Object) {
	switch o.Kind {
	case catalog.TypeKind:
		b.gone("type", o.Name, isType)
	case catalog.SchemaKind:
		b.gone("schema", o.Name, isSchema)
	case catalog.PublicationKind:
		b.gone("publication", o.Name, hasPublication)
	case catalog.TriggerKind:
		b.forget(o.On, func(c *claim) bool { return c.part == "trigger "+o.Name+" enabled" })
		b.of(o.On, "trigger "+o.Name, nil, func(r *catalog.Relation) string {
			return said(!slices.ContainsFunc(r.Triggers, func(t catalog.Trigger) bool { return t.Name == o.Name }),
				"trigger "+o.Name+" of "+r.Name+" is still there")
		})
	case catalog.FunctionKind, catalog.PolicyKind, catalog.RuleKind:
		// Another overload may be left; policies and rules are not read one by one.
		b.dropped(o.Name)
		b.skip()
	case catalog.Index:
		b.forgetIndex(o.Name)
		b.gone("index", o.Name, isIndex)
	default:
		b.gone(string(o.Kind), o.Name, isRelation)
	}
}

// isIndex also looks at the tables: an index alone may not have been read.
func isIndex(s *catalog.Snapshot, name string) bool {
	if isRelation(s, name) {
		return true
	}
	for _, r := range s.Relations.All() {
		if slices.ContainsFunc(r.Indexes, func(i catalog.IndexDef) bool { return i.Name == name }) {
			return true
		}
	}
	return false
}

func readRename(b *book, st parse.Statement) {
	s := st.Node.GetRenameStmt()
	on, fresh := b.name(s.Relation), catalog.Truncate(s.Newname)
	old := catalog.Truncate(s.Subname)
	switch s.RenameType {
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW,
		pg.ObjectType_OBJECT_SEQUENCE, pg.ObjectType_OBJECT_FOREIGN_TABLE:
		if now := b.scope.Resolve(s.Relation.GetSchemaname(), fresh); !b.known(on) && isRelation(b.scope, now) {
			on = catalog.Schema(now) + "." + catalog.Base(on)
		}
		to := catalog.Schema(on) + "." + fresh
		b.moved(on, to)
		b.there("relation", to, isRelation)
		b.gone("relation", on, isRelation)
	case pg.ObjectType_OBJECT_COLUMN:
		b.renamedColumn(on, old, fresh)
	case pg.ObjectType_OBJECT_TABCONSTRAINT:
		b.forget(on, func(c *claim) bool { return c.part == "constraint "+old })
		b.of(on, "constraint "+fresh, nil, func(r *catalog.Relation) string {
			return said(r.Constraint(fresh) != nil, "constraint "+fresh+" of "+r.Name+" is not there")
		})
	case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
		from := b.scope.NameOf(s.Object.GetList().GetItems())
		to := catalog.Schema(from) + "." + fresh
		b.moved(from, to)
		b.there("type", to, isType)
		b.gone("type", from, isType)
	default:
		// An index, schema or function may stand behind any claim so far.
		b.soften()
		b.skip()
	}
}

// renamedColumn: what was said of the column before is not asked for under its new name.
func (b *book) renamedColumn(on, old, fresh string) {
	b.droppedColumn(on, old)
	b.of(on, "column "+old, nil, func(r *catalog.Relation) string {
		return said(r.Column(old) == nil, "column "+r.Name+"."+old+" is still there")
	})
	b.of(on, "column "+fresh, []string{fresh}, func(r *catalog.Relation) string {
		return said(r.Column(fresh) != nil, "column "+r.Name+"."+fresh+" is not there")
	})
}

func readSetSchema(b *book, st parse.Statement) {
	s := st.Node.GetAlterObjectSchemaStmt()
	switch s.ObjectType {
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW,
		pg.ObjectType_OBJECT_SEQUENCE, pg.ObjectType_OBJECT_FOREIGN_TABLE:
		on := b.name(s.Relation)
		to := catalog.Truncate(s.Newschema) + "." + catalog.Base(on)
		b.moved(on, to)
		b.there("relation", to, isRelation)
	default:
		b.soften()
		b.skip()
	}
}
