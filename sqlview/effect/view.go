package effect

import (
	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_ViewStmt)(nil), createView)
	_ = register((*pg.Node_RefreshMatViewStmt)(nil), refresh)
)

func createView(j *judge, n *pg.Node) {
	s := n.GetViewStmt()
	name := j.cat.Name(s.View)
	if s.View.GetRelpersistence() == "t" {
		j.reads(s.Query, nil)
		return // one of the session's own, whatever else has its name
	}
	if s.Replace && j.cat.Seen(name) != nil {
		j.breaks(BreaksNew)
		j.lock(name, lock.AccessExclusive)
		j.inverse(ReversibleInstant, "CREATE OR REPLACE VIEW with the definition before")
	} else {
		j.inverse(ReversibleInstant, "DROP VIEW %s", catalog.Quote(name))
		if s.Replace && !j.listsAll() {
			j.breaks(BreaksNew)
			j.note("if %s is there already, it is locked ACCESS EXCLUSIVE", name)
		}
	}
	j.reads(s.Query, nil)
}

// refresh runs the view's query under its lock: ACCESS EXCLUSIVE, or EXCLUSIVE
// with CONCURRENTLY, which lets readers through.
func refresh(j *judge, n *pg.Node) {
	s := n.GetRefreshMatViewStmt()
	name := j.cat.Name(s.Relation)
	j.inverse(ReversibleInstant, "nothing to take back: REFRESH again")
	r := j.cat.Seen(name)
	if s.Concurrent {
		j.refreshConcurrently(name, r)
	} else {
		j.lock(name, lock.AccessExclusive)
		if !j.new(name) {
			j.e.Rewrites = add(j.e.Rewrites, name)
			for _, i := range j.indexes(name) {
				j.lock(i.Name, lock.AccessExclusive)
				j.rebuild(i.Name)
			}
		}
	}
	if s.SkipData {
		return
	}
	if !j.new(name) {
		j.e.Duration = Slow
	}
	if r == nil {
		j.note("what %s reads is not in the catalog", name)
		return
	}
	j.readView(name, nil, j.planRead)
}

func (j *judge) refreshConcurrently(name string, r *catalog.Relation) {
	j.lock(name, lock.Exclusive)
	j.lockIndexes(name, lock.RowExclusive)
	j.scan(name)
	if r == nil || r.Partial {
		return
	}
	for _, i := range r.Indexes {
		if i.Unique && i.Valid && i.Predicate == "" && i.Expressions == "" {
			return
		}
	}
	j.fails("55000", "%s has no unique index over whole columns", name)
}
