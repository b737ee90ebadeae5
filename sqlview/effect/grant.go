package effect

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_GrantStmt)(nil), grant)
	_ = register((*pg.Node_CommentStmt)(nil), comment)
	_ = register((*pg.Node_SecLabelStmt)(nil), securityLabel)
	_ = register((*pg.Node_CreatePublicationStmt)(nil), createPublication)
	_ = register((*pg.Node_AlterPublicationStmt)(nil), alterPublication)
)

// grant: since 18 the privileges of a table that is named are changed under
// ACCESS SHARE; ALL TABLES IN SCHEMA locks none.
func grant(j *judge, n *pg.Node) {
	s := n.GetGrantStmt()
	if s.IsGrant {
		j.inverse(ReversibleInstant, "REVOKE")
	} else {
		if !j.onlyNew(s) {
			j.breaks(BreaksOld)
		}
		j.inverse(ReversibleInstant, "GRANT again")
	}
	relation := s.Objtype == pg.ObjectType_OBJECT_TABLE || s.Objtype == pg.ObjectType_OBJECT_SEQUENCE
	if !relation || j.major() < 18 {
		return
	}
	for _, o := range s.Objects {
		if v := o.GetRangeVar(); v != nil {
			j.lock(j.cat.Name(v), lock.AccessShare)
		}
	}
}

// onlyNew reports whether all that a GRANT or REVOKE names was made by the run.
func (j *judge) onlyNew(s *pg.GrantStmt) bool {
	if s.Targtype != pg.GrantTargetType_ACL_TARGET_OBJECT {
		return false
	}
	return !slices.ContainsFunc(s.Objects, func(o *pg.Node) bool {
		switch {
		case o.GetRangeVar() != nil:
			return !j.new(j.cat.Name(o.GetRangeVar()))
		case o.GetObjectWithArgs() != nil && j.cat != nil:
			f := j.cat.Functions.Get(j.cat.NameOf(o.GetObjectWithArgs().Objname))
			return f == nil || !f.CreatedHere
		}
		return true
	})
}

func comment(j *judge, n *pg.Node) {
	s := n.GetCommentStmt()
	j.describe(s.Objtype, s.Object)
}

func securityLabel(j *judge, n *pg.Node) {
	s := n.GetSecLabelStmt()
	j.describe(s.Objtype, s.Object)
}

// describe locks what a comment or label is put on: a relation or column with
// SHARE UPDATE EXCLUSIVE, the table of a constraint, trigger, rule or policy
// with ACCESS SHARE.
func (j *judge) describe(kind pg.ObjectType, object *pg.Node) {
	j.inverse(ReversibleInstant, "set it back")
	parts := object.GetList().GetItems()
	switch kind {
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_INDEX, pg.ObjectType_OBJECT_VIEW,
		pg.ObjectType_OBJECT_MATVIEW,
		pg.ObjectType_OBJECT_SEQUENCE, pg.ObjectType_OBJECT_FOREIGN_TABLE:
		j.lock(j.cat.NameOf(parts), lock.ShareUpdateExclusive)
	case pg.ObjectType_OBJECT_COLUMN:
		if len(parts) > 1 {
			j.lock(j.cat.NameOf(parts[:len(parts)-1]), lock.ShareUpdateExclusive)
		}
	case pg.ObjectType_OBJECT_TABCONSTRAINT, pg.ObjectType_OBJECT_TRIGGER, pg.ObjectType_OBJECT_RULE,
		pg.ObjectType_OBJECT_POLICY:
		if len(parts) > 1 {
			j.lock(j.cat.NameOf(parts[:len(parts)-1]), lock.AccessShare)
		}
	}
}

func createPublication(j *judge, n *pg.Node) {
	s := n.GetCreatePublicationStmt()
	j.inverse(ReversibleInstant, "DROP PUBLICATION %s", catalog.Quote(s.Pubname))
	j.publish(s.Pubobjects)
	j.note("a published table without a replica identity refuses UPDATE and DELETE")
}

func alterPublication(j *judge, n *pg.Node) {
	s := n.GetAlterPublicationStmt()
	j.inverse(ReversibleInstant, "ALTER PUBLICATION back (a subscriber that missed rows copies the table again)")
	if s.Action == pg.AlterPublicationAction_AP_DropObjects {
		j.breaks(BreaksOld)
	}
	j.publish(s.Pubobjects)
	if s.Action == pg.AlterPublicationAction_AP_SetObjects && j.cat != nil && len(s.Pubobjects) > 0 {
		for _, p := range j.cat.Publications {
			if p.Name == s.Pubname {
				j.lockAll(p.Named, lock.ShareUpdateExclusive)
			}
		}
	}
}

// publish locks the tables that are named; a whole schema is not locked.
func (j *judge) publish(objects []*pg.Node) {
	for _, o := range objects {
		if t := o.GetPublicationObjSpec().GetPubtable(); t != nil {
			name := j.cat.Name(t.Relation)
			j.lock(name, lock.ShareUpdateExclusive)
			if r := j.cat.Seen(name); r != nil && r.Kind == catalog.PartitionedTable && j.major() < 13 {
				j.fails("0A000", "publishing a partitioned table needs 13")
			}
			if t.Relation.GetInh() {
				j.publishChildren(name)
			}
		}
	}
}

// publishChildren: inheritance children are published by name, partitions
// through their parent.
func (j *judge) publishChildren(name string) {
	if r := j.cat.Seen(name); r != nil && r.Kind != catalog.PartitionedTable {
		j.lockAll(j.cat.Descendants(name), lock.ShareUpdateExclusive)
	}
}
