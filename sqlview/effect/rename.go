package effect

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_RenameStmt)(nil), rename)
	_ = register((*pg.Node_AlterObjectSchemaStmt)(nil), setSchema)
	_ = register((*pg.Node_AlterOwnerStmt)(nil), alterOwner)
)

func rename(j *judge, n *pg.Node) {
	s := n.GetRenameStmt()
	name := j.cat.Name(s.Relation)
	j.breaks(BreaksOld)
	j.inverse(ReversibleInstant, "RENAME back")
	switch s.RenameType {
	case pg.ObjectType_OBJECT_INDEX:
		j.e.Breaks = BreaksNeither
		if j.cat.Seen(name) == nil {
			j.lock(name, j.renameIndexMode())
			return
		}
		j.renameRelation(name)
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW,
		pg.ObjectType_OBJECT_SEQUENCE, pg.ObjectType_OBJECT_FOREIGN_TABLE:
		j.renameRelation(name)
	case pg.ObjectType_OBJECT_COLUMN:
		j.lock(name, lock.AccessExclusive)
		j.lockAll(j.cat.Descendants(name), lock.AccessExclusive)
	case pg.ObjectType_OBJECT_ATTRIBUTE:
		j.renameAttribute(name, s.Behavior == pg.DropBehavior_DROP_CASCADE)
	case pg.ObjectType_OBJECT_TABCONSTRAINT:
		j.e.Breaks = BreaksNeither
		j.renameConstraint(name, s.Subname)
	case pg.ObjectType_OBJECT_TRIGGER, pg.ObjectType_OBJECT_POLICY, pg.ObjectType_OBJECT_RULE:
		j.e.Breaks = BreaksNeither
		j.lock(name, lock.AccessExclusive)
		if s.RenameType == pg.ObjectType_OBJECT_TRIGGER && j.major() >= 15 {
			j.lockAll(j.parts(name), lock.AccessExclusive)
		}
	}
}

// renameAttribute reaches the tables that are made of the type, and what is below them.
func (j *judge) renameAttribute(name string, cascade bool) {
	j.lock(name, lock.AccessExclusive)
	if j.cat == nil {
		return
	}
	for table, r := range j.cat.Relations.All() {
		if r.OfType != name {
			continue
		}
		if !cascade {
			j.fails("2BP01", "table %s is made of the type: CASCADE changes it too", table)
		}
		j.lock(table, lock.AccessExclusive)
		j.lockAll(j.cat.Descendants(table), lock.AccessExclusive)
	}
}

// renameRelation: what the relation is counts, not what the statement calls it.
func (j *judge) renameRelation(name string) {
	r := j.cat.Seen(name)
	if r != nil && r.Kind == catalog.Index {
		j.lock(name, j.renameIndexMode())
		return
	}
	if r != nil {
		j.breaks(BreaksOld)
	}
	j.lock(name, lock.AccessExclusive)
}

func (j *judge) renameConstraint(table, name string) {
	j.lock(table, lock.AccessExclusive)
	k := j.cat.Seen(table).Constraint(name)
	if k == nil || (k.Type == catalog.Check || k.Type == catalog.NotNull) && !k.NoInherit {
		j.lockAll(j.cat.Descendants(table), lock.AccessExclusive)
	}
	for _, i := range j.indexes(table) {
		if i.Constraint == name {
			j.lock(i.Name, j.renameIndexMode())
		}
	}
}

func setSchema(j *judge, n *pg.Node) {
	s := n.GetAlterObjectSchemaStmt()
	j.breaks(BreaksOld)
	j.inverse(ReversibleInstant, "SET SCHEMA back")
	if s.Relation == nil {
		return
	}
	name := j.cat.Name(s.Relation)
	j.lock(name, lock.AccessExclusive)
	j.lockAll(j.cat.SequencesOf(name, ""), lock.AccessExclusive)
}

// alterOwner is OWNER TO of everything that is no relation: tables and views
// come as ALTER TABLE.
func alterOwner(j *judge, n *pg.Node) {
	s := n.GetAlterOwnerStmt()
	j.inverse(ReversibleInstant, "OWNER TO the owner before")
	if slices.Contains([]pg.ObjectType{pg.ObjectType_OBJECT_DATABASE, pg.ObjectType_OBJECT_SCHEMA}, s.ObjectType) {
		j.note("privileges of the owner before end at once")
	}
	if s.Relation != nil {
		j.lock(j.cat.Name(s.Relation), lock.AccessExclusive)
	}
}
