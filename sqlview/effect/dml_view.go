package effect

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// readView follows a view to what it reads, once: views may read each other in a
// circle.
func (q *queries) readView(view string, query *pg.Node, each func(string)) {
	if q.views[view] {
		return
	}
	q.views[view] = true
	for _, name := range q.readBy(view) {
		q.readRelation(name, query, each)
	}
}

// readBy lists the relations that a view reads.
func (r *record) readBy(view string) []string {
	var all []string
	if r.cat == nil {
		return nil
	}
	for name, rel := range r.cat.Relations.All() {
		if slices.ContainsFunc(rel.Dependents, func(d catalog.Dependent) bool { return d.Name == view }) {
			all = append(all, name)
		}
	}
	return all
}

// target locks the table whose rows are written; through views, all of them down
// to the table.
func (q *queries) target(v *pg.RangeVar) string {
	name := q.cat.Name(v)
	for _, base := range q.basesOf(name) {
		q.lock(base, lock.RowExclusive)
		if base != name {
			q.lockAll(q.cat.Descendants(base), lock.RowExclusive)
		}
	}
	return name
}

// basesOf lists a relation and, where it is a view, all that it reads, down to the
// tables.
func (q *queries) basesOf(name string) []string {
	all := []string{name}
	for i := 0; i < len(all); i++ {
		if r := q.cat.Seen(all[i]); r != nil && r.Kind == catalog.View {
			for _, base := range q.readBy(all[i]) {
				all = add(all, base)
			}
		}
	}
	return all
}
