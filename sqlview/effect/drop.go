package effect

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_DropStmt)(nil), drop)
	_ = register((*pg.Node_TruncateStmt)(nil), truncate)
)

// dropped says what a kind of object costs to lose. Kinds that are not listed
// lock nothing and come back by CREATE.
var dropped = map[pg.ObjectType]func(*judge, *pg.DropStmt, *pg.Node){
	pg.ObjectType_OBJECT_TABLE:         dropTable,
	pg.ObjectType_OBJECT_FOREIGN_TABLE: dropTable,
	pg.ObjectType_OBJECT_SEQUENCE:      dropTable,
	pg.ObjectType_OBJECT_VIEW:          dropView,
	pg.ObjectType_OBJECT_MATVIEW:       dropView,
	pg.ObjectType_OBJECT_INDEX:         dropIndex,
	pg.ObjectType_OBJECT_TRIGGER:       dropOnTable,
	pg.ObjectType_OBJECT_POLICY:        dropOnTable,
	pg.ObjectType_OBJECT_RULE:          dropOnTable,
	pg.ObjectType_OBJECT_TYPE:          dropType,
	pg.ObjectType_OBJECT_DOMAIN:        dropType,
	pg.ObjectType_OBJECT_SCHEMA:        dropSchema,
	pg.ObjectType_OBJECT_STATISTIC_EXT: dropStatistics,
	pg.ObjectType_OBJECT_FUNCTION:      dropFunction,
	pg.ObjectType_OBJECT_PROCEDURE:     dropFunction,
	pg.ObjectType_OBJECT_ROUTINE:       dropFunction,
	pg.ObjectType_OBJECT_AGGREGATE:     dropFunction,
}

func drop(j *judge, n *pg.Node) {
	s := n.GetDropStmt()
	j.breaks(BreaksOld)
	f := dropped[s.RemoveType]
	for _, o := range s.Objects {
		if f != nil {
			f(j, s, o)
		}
	}
	if f == nil {
		j.inverse(ReversibleInstant, "CREATE it again")
		if s.Behavior == pg.DropBehavior_DROP_CASCADE {
			j.unknown("CASCADE may lock what depends on it")
		}
	}
}

func cascades(s *pg.DropStmt) bool { return s.Behavior == pg.DropBehavior_DROP_CASCADE }

func dropTable(j *judge, s *pg.DropStmt, o *pg.Node) {
	name := j.cat.NameOf(o.GetList().GetItems())
	j.inverse(ReversibleNone, "none: what is in %s is gone", name)
	r := j.cat.Seen(name)
	if r == nil && !j.new(name) {
		if s.MissingOk && j.cat.Known() {
			j.note("%s is not in the catalog: IF EXISTS does nothing", name)
		}
		j.note("%s is not in the catalog: tables that its foreign keys point to are locked ACCESS EXCLUSIVE too", name)
	}
	j.dropRelation(name, cascades(s))
	if r == nil {
		return
	}
	for _, k := range j.foreignKeysTo(name) {
		if !namedWith(j, s, k.child) {
			j.dropReference(k, name, cascades(s))
		}
	}
}

// namedWith reports whether the same DROP names the other table too.
func namedWith(j *judge, s *pg.DropStmt, table string) bool {
	for _, o := range s.Objects {
		if j.cat.NameOf(o.GetList().GetItems()) == table {
			return true
		}
	}
	return false
}

// dropRelation locks a relation and all that goes with it.
func (j *judge) dropRelation(name string, cascade bool) {
	j.lock(name, lock.AccessExclusive)
	r := j.cat.Seen(name)
	if r == nil {
		return
	}
	j.lockIndexes(name, lock.AccessExclusive)
	j.lockAll(j.cat.SequencesOf(name, ""), lock.AccessExclusive)
	j.lockReferenced(name, lock.AccessExclusive)
	j.dropFromParents(r)
	for _, c := range r.Children {
		switch {
		case r.Kind == catalog.PartitionedTable || r.Kind == catalog.Index || cascade:
			j.dropRelation(c, cascade)
		default:
			j.fails("2BP01", "%s inherits from it", c)
		}
	}
	j.dropDependents(r, "", cascade)
	if r.Kind == catalog.Sequence {
		j.dropSequence(r, cascade)
	}
}

// dropSequence: a default that calls it goes by CASCADE; an identity keeps it.
func (j *judge) dropSequence(s *catalog.Relation, cascade bool) {
	table := j.cat.Seen(s.FromTable)
	if table == nil {
		return
	}
	for _, c := range table.Columns {
		if !slices.Contains(j.cat.SequencesOf(table.Name, c.Name), s.Name) || !c.Identity && c.Default == "" {
			continue
		}
		if !cascade || c.Identity {
			j.fails("2BP01", "column %s of %s needs it", c.Name, table.Name)
		}
		j.lock(table.Name, lock.AccessExclusive)
	}
}

// dropFromParents: a partition takes its parent, and the parent's DEFAULT
// partition, along.
func (j *judge) dropFromParents(r *catalog.Relation) {
	for _, p := range r.Parents {
		parent := j.cat.Seen(p)
		if parent == nil || parent.Kind != catalog.PartitionedTable {
			continue
		}
		j.lock(p, lock.AccessExclusive)
		if parent.DefaultPartition != r.Name {
			j.lock(parent.DefaultPartition, lock.AccessExclusive)
		}
	}
}

func dropView(j *judge, s *pg.DropStmt, o *pg.Node) {
	name := j.cat.NameOf(o.GetList().GetItems())
	if s.RemoveType == pg.ObjectType_OBJECT_MATVIEW {
		j.inverse(ReversibleSlow, "CREATE MATERIALIZED VIEW again (runs its query)")
	} else {
		j.inverse(ReversibleInstant, "CREATE VIEW again")
	}
	j.dropRelation(name, cascades(s))
}

func dropIndex(j *judge, s *pg.DropStmt, o *pg.Node) {
	name := j.cat.NameOf(o.GetList().GetItems())
	j.inverse(ReversibleSlow, "CREATE INDEX CONCURRENTLY again")
	j.e.Breaks = BreaksNeither
	mode := lock.AccessExclusive
	if s.Concurrent {
		mode = lock.ShareUpdateExclusive
		j.e.Transactional = false
		j.note("waits for every transaction that uses the table")
	}
	table, d := j.cat.Indexed(name)
	if table == nil {
		j.lock(name, mode)
		j.note("index %s is not in the catalog: its table is locked %s too", name, mode)
		return
	}
	j.lock(table.Name, mode)
	j.lock(name, mode)
	if i := j.cat.Seen(name); i != nil && len(i.Parents) > 0 {
		j.fails("2BP01", "it is a part of index %s", i.Parents[0])
	}
	if d != nil && d.Constraint != "" {
		j.fails("2BP01", "constraint %s of %s needs the index", d.Constraint, table.Name)
	}
	if table.Kind == catalog.PartitionedTable {
		j.dropPartitionedIndex(s, name, table)
	}
}

func (j *judge) dropPartitionedIndex(s *pg.DropStmt, name string, table *catalog.Relation) {
	if s.Concurrent {
		j.refused("0A000", "cannot drop an index on a partitioned table concurrently")
		return
	}
	j.lockAll(j.cat.Descendants(table.Name), lock.AccessExclusive)
	j.lockAll(j.cat.Descendants(name), lock.AccessExclusive)
}

func dropOnTable(j *judge, s *pg.DropStmt, o *pg.Node) {
	parts := o.GetList().GetItems()
	if len(parts) < 2 {
		return
	}
	table := j.cat.NameOf(parts[:len(parts)-1])
	j.lock(table, lock.AccessExclusive)
	if r := j.cat.Seen(table); r != nil && r.Kind == catalog.PartitionedTable && s.RemoveType == pg.ObjectType_OBJECT_TRIGGER {
		j.lockAll(j.cat.Descendants(table), lock.AccessExclusive)
	}
	j.inverse(ReversibleInstant, "CREATE it again")
}

func dropType(j *judge, s *pg.DropStmt, o *pg.Node) {
	name := j.cat.NameOf(o.GetTypeName().GetNames())
	users := j.cat.Users(name)
	if len(users) == 0 {
		j.inverse(ReversibleInstant, "CREATE it again")
	}
	for _, u := range users {
		table, column := splitColumn(u)
		if !cascades(s) {
			j.fails("2BP01", "%s uses the type", u)
			continue
		}
		j.inverse(ReversibleNone, "none: the values of %s are gone", u)
		j.lock(table, lock.AccessExclusive)
		j.dropColumnOf(table, column, true)
	}
}

func splitColumn(s string) (table, column string) {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '.' {
			return s[:i], s[i+1:]
		}
	}
	return "", s
}

func dropSchema(j *judge, s *pg.DropStmt, o *pg.Node) {
	schema := o.GetString_().GetSval()
	j.inverse(ReversibleNone, "none: everything in %s is gone", schema)
	if j.cat == nil {
		return
	}
	for name, r := range j.cat.Relations.All() {
		if catalog.Schema(name) == schema && !cascades(s) {
			j.fails("2BP01", "%s is in it", name)
			return
		}
		if catalog.Schema(name) == schema && r.Kind != catalog.Index {
			j.dropRelation(name, true)
			for _, k := range j.foreignKeysTo(name) {
				j.dropReference(k, name, true)
			}
		}
	}
}

func dropStatistics(j *judge, _ *pg.DropStmt, o *pg.Node) {
	name := j.cat.NameOf(o.GetList().GetItems())
	j.e.Breaks = BreaksNeither
	j.inverse(ReversibleInstant, "CREATE STATISTICS again, then ANALYZE")
	if j.cat == nil || j.version < 12 {
		return
	}
	for table, r := range j.cat.Relations.All() {
		for _, s := range r.Statistics {
			if s == name {
				j.lock(table, lock.ShareUpdateExclusive)
			}
		}
	}
}

// dropFunction: triggers go with their function only by CASCADE.
func dropFunction(j *judge, s *pg.DropStmt, o *pg.Node) {
	name := j.cat.NameOf(o.GetObjectWithArgs().GetObjname())
	j.inverse(ReversibleInstant, "CREATE FUNCTION again")
	if j.cat == nil {
		return
	}
	for table, r := range j.cat.Relations.All() {
		for _, t := range r.Triggers {
			if t.Function != name {
				continue
			}
			if cascades(s) {
				j.lock(table, lock.AccessExclusive)
			} else {
				j.fails("2BP01", "trigger %s of %s needs it", t.Name, table)
			}
		}
	}
}

// truncate gives every table, index and TOAST table a new file.
func truncate(j *judge, n *pg.Node) {
	s := n.GetTruncateStmt()
	j.breaks(BreaksOld)
	j.inverse(ReversibleNone, "none: the rows are gone")
	seen := map[string]bool{}
	for _, v := range s.Relations {
		j.truncateTree(s, j.cat.Name(v.GetRangeVar()), v.GetRangeVar().GetInh(), seen)
	}
	if s.Behavior != pg.DropBehavior_DROP_CASCADE {
		for t := range seen {
			for _, k := range j.foreignKeysTo(t) {
				if !seen[k.child] {
					j.fails("0A000", "%s references it: truncate both, or CASCADE", k.child)
				}
			}
		}
	}
}

func (j *judge) truncateTree(s *pg.TruncateStmt, name string, inherit bool, seen map[string]bool) {
	if seen[name] {
		return
	}
	seen[name] = true
	j.lock(name, lock.AccessExclusive)
	r := j.cat.Seen(name)
	if r == nil {
		j.note("%s is not in the catalog", name)
	} else if j.version < 14 {
		j.lockAll(r.Parents, lock.AccessShare)
	}
	if !j.new(name) && (r == nil || r.Kind != catalog.PartitionedTable) {
		j.e.Rewrites = add(j.e.Rewrites, name)
		j.lockIndexes(name, lock.AccessExclusive)
	}
	if s.RestartSeqs {
		j.lockAll(j.cat.SequencesOf(name, ""), lock.AccessExclusive)
	}
	if inherit && r != nil {
		for _, c := range r.Children {
			j.truncateTree(s, c, true, seen)
		}
	}
	if s.Behavior == pg.DropBehavior_DROP_CASCADE {
		for _, k := range j.foreignKeysTo(name) {
			j.note("CASCADE empties %s", k.child)
			j.truncateTree(s, k.child, true, seen)
		}
	}
	j.e.Duration = Instant
}
