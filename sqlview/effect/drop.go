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
var dropped = map[pg.ObjectType]func(*judge, *pg.DropStmt, catalog.Object){
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
	pg.ObjectType_OBJECT_FUNCTION:      dropFunction,
	pg.ObjectType_OBJECT_PROCEDURE:     dropFunction,
	pg.ObjectType_OBJECT_ROUTINE:       dropFunction,
	pg.ObjectType_OBJECT_AGGREGATE:     dropFunction,

	pg.ObjectType_OBJECT_FOREIGN_SERVER: dropBehind,
	pg.ObjectType_OBJECT_FDW:            dropBehind,
	pg.ObjectType_OBJECT_LANGUAGE:       dropBehind,
	pg.ObjectType_OBJECT_ACCESS_METHOD:  dropBehind,
}

// dropBehind is for what stands behind relations or functions: by CASCADE those go.
func dropBehind(j *judge, s *pg.DropStmt, _ catalog.Object) {
	j.inverse(ReversibleInstant, "CREATE it again")
	if cascades(s) && !j.cat.Known() {
		j.unknown("CASCADE may lock what depends on it")
	}
}

func drop(j *judge, n *pg.Node) {
	s := n.GetDropStmt()
	j.breaks(BreaksOld)
	if s.RemoveType == pg.ObjectType_OBJECT_STATISTIC_EXT {
		for _, o := range s.Objects {
			dropStatistics(j, o)
		}
		return
	}
	f := dropped[s.RemoveType]
	if f == nil {
		j.inverse(ReversibleInstant, "CREATE it again")
		if cascades(s) {
			j.unknown("CASCADE may lock what depends on it")
		}
		return
	}
	objects := slices.DeleteFunc(j.cat.Dropped(s), func(o catalog.Object) bool { return s.MissingOk && j.notOn(o) })
	for _, o := range objects {
		f(j, s, o)
	}
	if !s.Concurrent {
		j.takeAlong(cascades(s), objects...)
	}
}

// notOn reports a trigger, policy or rule that its table does not have: the server
// looks for it before it locks the table.
func (r *removal) notOn(o catalog.Object) bool {
	rel := r.cat.Seen(o.On)
	if rel == nil || rel.Partial || rel.Doubted || !rel.Listed || r.cat.Unsure {
		return false
	}
	switch o.Kind {
	case catalog.TriggerKind:
		return !slices.ContainsFunc(rel.Triggers, func(t catalog.Trigger) bool { return t.Name == o.Name })
	case catalog.PolicyKind:
		return !slices.Contains(rel.PolicyNames, o.Name)
	case catalog.RuleKind:
		return !slices.Contains(rel.Rules, o.Name)
	}
	return false
}

func cascades(s *pg.DropStmt) bool { return s.Behavior == pg.DropBehavior_DROP_CASCADE }

// takeAlong locks what goes with objects that are dropped, and says what stands
// in the way without CASCADE.
func (r *removal) takeAlong(cascade bool, objects ...catalog.Object) {
	for _, g := range r.cat.Closure(objects...) {
		r.gone(g.Object)
		switch {
		case !g.Cascaded && g.Kind == catalog.ColumnKind && g.By.Kind == catalog.ColumnKind:
			r.note("the generated column %s of %s goes with it", g.Name, g.On)
			r.inverse(ReversibleNone, "")
		case !g.Cascaded:
		case !cascade:
			r.fails("2BP01", "%s", r.inTheWay(g.Object))
		case g.Kind == catalog.ConstraintKind:
			r.note("CASCADE drops %s", r.spoken(g.Object))
			r.inverse(ReversibleNone, "")
		case g.Kind == catalog.ColumnKind:
			r.inverse(ReversibleNone, "none: the values of %s.%s are gone", g.On, g.Name)
		}
	}
}

// inTheWay says that an object depends on another.
func (r *removal) inTheWay(o catalog.Object) string {
	if c := r.cat.Seen(o.On).Column(o.Name); o.Kind == catalog.ColumnKind && c != nil && c.Generated != "" {
		return "generated column " + o.Name + " uses it"
	}
	return r.spoken(o) + " depends on it"
}

// spoken names an object in a sentence.
func (r *removal) spoken(o catalog.Object) string {
	if k := r.cat.Seen(o.On).Constraint(o.Name); o.Kind == catalog.ConstraintKind && k != nil &&
		k.Type == catalog.ForeignKey {
		return "the foreign key " + o.Name + " of " + o.On
	}
	return o.String()
}

// removal knows what goes with what is dropped.
type removal struct {
	*record
	*keys
}

// gone locks one object that goes. Source: the functions of the server's
// dependency.c that delete each kind.
func (r *removal) gone(o catalog.Object) {
	switch o.Kind {
	case catalog.TypeKind:
		if t := r.cat.Type(o.Name); t != nil && t.Composite {
			r.lock(o.Name, lock.AccessExclusive) // its entry in pg_class
		}
	case catalog.FunctionKind, catalog.SchemaKind, catalog.PublicationKind, catalog.ServerKind, catalog.WrapperKind,
		catalog.LanguageKind, catalog.MethodKind:
	case catalog.ColumnKind, catalog.DefaultKind, catalog.TriggerKind, catalog.PolicyKind, catalog.RuleKind:
		r.lock(o.On, lock.AccessExclusive)
	case catalog.ConstraintKind:
		r.goneConstraint(o)
	case catalog.Index:
		if table, _ := r.cat.Indexed(o.Name); table != nil {
			r.lock(table.Name, lock.AccessExclusive)
		}
		r.lock(o.Name, lock.AccessExclusive)
	default:
		r.lock(o.Name, lock.AccessExclusive)
		if rel := r.cat.Seen(o.Name); rel != nil {
			r.leavesParent(rel)
		}
	}
}

// goneConstraint: a foreign key takes its triggers on the other table along;
// what a partition has of its table's key has none there.
func (r *removal) goneConstraint(o catalog.Object) {
	if r.cat.Seen(o.On) == nil {
		return // of a domain
	}
	r.lock(o.On, lock.AccessExclusive)
	k := r.cat.Seen(o.On).Constraint(o.Name)
	if k == nil || k.Type != catalog.ForeignKey || k.Inherited {
		return
	}
	r.lockForTriggers(k.References, lock.AccessExclusive)
}

// leavesParent: a partition takes its parent, and the parent's DEFAULT
// partition, along.
func (r *removal) leavesParent(rel *catalog.Relation) {
	for _, p := range rel.Parents {
		parent := r.cat.Seen(p)
		if parent == nil || parent.Kind != catalog.PartitionedTable {
			continue
		}
		r.lock(p, lock.AccessExclusive)
		if parent.DefaultPartition != rel.Name {
			r.lock(parent.DefaultPartition, lock.AccessExclusive)
		}
	}
}

func dropTable(j *judge, s *pg.DropStmt, o catalog.Object) {
	j.inverse(ReversibleNone, "none: what is in %s is gone", o.Name)
	if j.cat.Seen(o.Name) != nil || j.new(o.Name) {
		return
	}
	if s.MissingOk && j.cat.Known() {
		j.note("%s is not in the catalog: IF EXISTS does nothing", o.Name)
	}
	j.note("%s is not in the catalog: tables that its foreign keys point to are locked ACCESS EXCLUSIVE too", o.Name)
}

func dropView(j *judge, s *pg.DropStmt, _ catalog.Object) {
	if s.RemoveType == pg.ObjectType_OBJECT_MATVIEW {
		j.inverse(ReversibleSlow, "CREATE MATERIALIZED VIEW again (runs its query)")
		return
	}
	j.inverse(ReversibleInstant, "CREATE VIEW again")
}

func dropIndex(j *judge, s *pg.DropStmt, o catalog.Object) {
	j.inverse(ReversibleSlow, "CREATE INDEX CONCURRENTLY again")
	j.e.Breaks = BreaksNeither
	mode := lock.AccessExclusive
	if s.Concurrent {
		mode = lock.ShareUpdateExclusive
		j.e.Transactional = false
		j.note("waits for every transaction that uses the table")
	}
	table, d := j.cat.Indexed(o.Name)
	if table == nil {
		j.lock(o.Name, mode)
		j.note("index %s is not in the catalog: its table is locked %s too", o.Name, mode)
		return
	}
	j.lock(table.Name, mode)
	j.lock(o.Name, mode)
	if i := j.cat.Seen(o.Name); i != nil && len(i.Parents) > 0 {
		j.fails("2BP01", "it is a part of index %s", i.Parents[0])
	}
	if d != nil && d.Constraint != "" {
		j.fails("2BP01", "constraint %s of %s needs the index", d.Constraint, table.Name)
	}
	if table.Kind != catalog.PartitionedTable {
		return
	}
	if s.Concurrent {
		j.refused("0A000", "cannot drop an index on a partitioned table concurrently")
		return
	}
	// The whole tree is locked before the index is looked at.
	j.lockAll(j.parts(table.Name), lock.AccessExclusive)
}

func dropOnTable(j *judge, s *pg.DropStmt, o catalog.Object) {
	j.inverse(ReversibleInstant, "CREATE it again")
	if s.RemoveType == pg.ObjectType_OBJECT_TRIGGER && j.servesOne(j.functionOf(o.On, o.Name)) {
		j.e.Breaks = BreaksNeither
	}
}

// functionOf is what a trigger calls; "" = not known.
func (fn *routines) functionOf(table, trigger string) string {
	if r := fn.cat.Seen(table); r != nil {
		for _, t := range r.Triggers {
			if t.Name == trigger {
				return t.Function
			}
		}
	}
	return ""
}

func dropType(j *judge, s *pg.DropStmt, o catalog.Object) {
	users := j.cat.Users(o.Name)
	if len(users) == 0 {
		j.inverse(ReversibleInstant, "CREATE it again")
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

func dropSchema(j *judge, _ *pg.DropStmt, o catalog.Object) {
	j.inverse(ReversibleNone, "none: everything in %s is gone", o.Name)
}

func dropStatistics(j *judge, o *pg.Node) {
	name := j.cat.NameOf(o.GetList().GetItems())
	j.e.Breaks = BreaksNeither
	j.inverse(ReversibleInstant, "CREATE STATISTICS again, then ANALYZE")
	if j.cat == nil || j.major() < 12 {
		return
	}
	for table, r := range j.cat.Relations.All() {
		if slices.Contains(r.Statistics, name) {
			j.lock(table, lock.ShareUpdateExclusive)
		}
	}
}

func dropFunction(j *judge, s *pg.DropStmt, o catalog.Object) {
	j.inverse(ReversibleInstant, "CREATE FUNCTION again")
	if len(s.Objects) == 1 && j.servesOne(o.Name) {
		j.e.Breaks = BreaksNeither
	}
}

// truncate gives every table, index and TOAST table a new file.
func truncate(j *judge, n *pg.Node) {
	s := n.GetTruncateStmt()
	j.breaks(BreaksOld)
	j.inverse(ReversibleNone, "none: the rows are gone")
	var all []string
	for _, v := range s.Relations {
		name := j.cat.Name(v.GetRangeVar())
		if slices.Contains(all, name) {
			continue // what was named before is not looked at again
		}
		all = append(all, name)
		if v.GetRangeVar().GetInh() {
			for _, d := range j.cat.Descendants(name) {
				all = add(all, d)
			}
		}
	}
	for i := 0; i < len(all); i++ {
		j.empty(all[i], s.RestartSeqs)
		for _, k := range j.foreignKeysTo(all[i]) {
			switch {
			case slices.Contains(all, k.Child):
			case s.Behavior == pg.DropBehavior_DROP_CASCADE:
				j.note("CASCADE empties %s", k.Child)
				all = append(all, k.Child)
			default:
				if !slices.ContainsFunc(s.Relations, func(v *pg.Node) bool {
					return j.cat.Name(v.GetRangeVar()) == k.Child
				}) {
					j.fails("0A000", "%s references it: truncate both, or CASCADE", k.Child)
				}
			}
		}
	}
	j.e.Duration = Instant
}

// empty gives one table and its indexes new files.
func (r *removal) empty(name string, restart bool) {
	r.lock(name, lock.AccessExclusive)
	rel := r.cat.Seen(name)
	if rel == nil {
		r.note("%s is not in the catalog", name)
	} else if r.major() < 14 {
		r.lockAll(rel.Parents, lock.AccessShare)
	}
	if restart {
		r.lockAll(r.cat.SequencesOf(name, ""), lock.AccessExclusive)
	}
	if r.new(name) || rel != nil && rel.Kind == catalog.PartitionedTable {
		return
	}
	if rel == nil || rel.Kind != catalog.ForeignTable {
		r.e.Rewrites = add(r.e.Rewrites, name)
	}
	r.lockIndexes(name, lock.AccessExclusive)
}
