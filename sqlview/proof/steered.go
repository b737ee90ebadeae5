package proof

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Steered is a statement that changed rows through code or a rule of its table's: the
// server's count says for how many rows that was asked, not what is stored.
type Steered struct {
	Place
	// By names what decided, such as "BEFORE trigger stamp of public.t".
	By []string
}

// SteeredIn are the statements whose rows a trigger before each row, one instead of it, or
// a rule decides, by the catalog as it was read after the run. What a file makes, drops,
// disables or enables around them counts as it was at the statement.
func SteeredIn(after *catalog.Snapshot, files []File) []Steered {
	w := watch{after: after, scope: after.Clone(), made: map[string]bool{}, off: map[string]bool{},
		early: map[string][]string{}}
	for _, f := range files {
		for _, st := range f.Statements {
			w.later(st)
		}
	}
	var all []Steered
	for _, f := range files {
		for _, st := range f.Statements {
			w.heed(st)
			if by := w.by(st); len(by) > 0 {
				place := Place{Path: f.Path, Line: st.Line, Statement: st.Index, Kind: st.Kind}
				all = append(all, Steered{Place: place, By: by})
			}
		}
	}
	return all
}

// watch follows the triggers and rules of tables through the statements.
type watch struct {
	after, scope *catalog.Snapshot
	// made are those that the files make and that were not made yet, off those that are
	// disabled, both by table and name; "" as a name is every trigger.
	made, off map[string]bool
	// early are those that the files drop, by table: the catalog has them no more.
	early map[string][]string
}

func key(table, name string) string { return table + "\x00" + name }

// later notes what the statement makes and drops, before any was played.
func (w *watch) later(st parse.Statement) {
	if s := st.Node.GetCreateTrigStmt(); s != nil {
		w.made[key(w.scope.Name(s.Relation), catalog.Truncate(s.Trigname))] = true
	}
	if s := st.Node.GetRuleStmt(); s != nil {
		w.made[key(w.scope.Name(s.Relation), catalog.Truncate(s.Rulename))] = true
	}
	if d := st.Node.GetDropStmt(); d != nil {
		for _, o := range w.scope.Dropped(d) {
			if (o.Kind == catalog.TriggerKind || o.Kind == catalog.RuleKind) && !w.made[key(o.On, o.Name)] {
				w.early[o.On] = append(w.early[o.On], string(o.Kind)+" "+o.Name)
			}
		}
	}
}

// heed follows what the statement does to triggers and rules.
func (w *watch) heed(st parse.Statement) {
	if s := st.Node.GetCreateTrigStmt(); s != nil {
		delete(w.made, key(w.scope.Name(s.Relation), catalog.Truncate(s.Trigname)))
	}
	if s := st.Node.GetRuleStmt(); s != nil {
		delete(w.made, key(w.scope.Name(s.Relation), catalog.Truncate(s.Rulename)))
	}
	if d := st.Node.GetDropStmt(); d != nil {
		for _, o := range w.scope.Dropped(d) {
			what := string(o.Kind) + " " + o.Name
			w.early[o.On] = slices.DeleteFunc(w.early[o.On], func(s string) bool { return s == what })
		}
	}
	if s := st.Node.GetAlterTableStmt(); s != nil {
		w.alter(w.scope.Name(s.Relation), s.Cmds)
	}
}

// alter follows what ALTER TABLE disables and enables.
func (w *watch) alter(table string, cmds []*pg.Node) {
	for _, c := range cmds {
		cmd := c.GetAlterTableCmd()
		switch cmd.GetSubtype() {
		case pg.AlterTableType_AT_DisableTrig, pg.AlterTableType_AT_DisableRule:
			w.off[key(table, catalog.Truncate(cmd.Name))] = true
		case pg.AlterTableType_AT_DisableTrigAll, pg.AlterTableType_AT_DisableTrigUser:
			w.off[key(table, "")] = true
		case pg.AlterTableType_AT_EnableTrig, pg.AlterTableType_AT_EnableAlwaysTrig, pg.AlterTableType_AT_EnableRule:
			delete(w.off, key(table, catalog.Truncate(cmd.Name)))
			delete(w.off, key(table, ""))
		case pg.AlterTableType_AT_EnableTrigAll, pg.AlterTableType_AT_EnableTrigUser:
			for k := range w.off {
				if strings.HasPrefix(k, table+"\x00") {
					delete(w.off, k)
				}
			}
		}
	}
}

// by names what decides over the rows of a statement.
func (w *watch) by(st parse.Statement) []string {
	var all []string
	changes(st, func(on *pg.RangeVar, events []string) {
		all = append(all, w.of(w.scope.Name(on), events)...)
	})
	slices.Sort(all)
	return slices.Compact(all)
}

// changes tells which relations a statement changes, and how.
func changes(st parse.Statement, tell func(on *pg.RangeVar, events []string)) {
	catalog.Walk(st.Node, func(message any) bool {
		switch n := message.(type) {
		case *pg.InsertStmt:
			events := []string{"INSERT"}
			if n.OnConflictClause.GetAction() == pg.OnConflictAction_ONCONFLICT_UPDATE {
				events = append(events, "UPDATE")
			}
			tell(n.Relation, events)
		case *pg.UpdateStmt:
			tell(n.Relation, []string{"UPDATE"})
		case *pg.DeleteStmt:
			tell(n.Relation, []string{"DELETE"})
		case *pg.MergeStmt:
			tell(n.Relation, []string{"INSERT", "UPDATE", "DELETE"})
		}
		return true
	})
}

// ThroughViews reports whether rows were changed through a view: what decides over them
// stands at its tables, which the files need not name.
func ThroughViews(after *catalog.Snapshot, files []File) bool {
	found := false
	for _, f := range files {
		for _, st := range f.Statements {
			changes(st, func(on *pg.RangeVar, _ []string) {
				r := after.Relations.Get(after.Name(on))
				found = found || r != nil && r.Kind == catalog.View
			})
		}
	}
	return found
}

// below are the tables and views that a view reads, all the way down.
func (w *watch) below(view string) []string {
	all := []string{view}
	for i := 0; i < len(all); i++ {
		if r := w.after.Relations.Get(all[i]); r == nil || r.Kind != catalog.View {
			continue
		}
		for _, r := range w.after.Relations.All() {
			reads := slices.ContainsFunc(r.Dependents, func(d catalog.Dependent) bool {
				return d.Kind == catalog.View && d.Name == all[i]
			})
			if reads && !slices.Contains(all, r.Name) {
				all = append(all, r.Name)
			}
		}
	}
	return all
}

// of names the triggers and rules that decide over such changes of a relation.
func (w *watch) of(named string, events []string) (all []string) {
	for _, table := range w.below(named) {
		all = append(all, w.at(table, events)...)
	}
	return all
}

// at are those of one relation and its partitions.
func (w *watch) at(table string, events []string) []string {
	var all []string
	for _, what := range w.early[table] {
		all = append(all, what+" of "+table+", which went later")
	}
	for _, name := range append([]string{table}, w.after.Descendants(table)...) {
		r := w.after.Relations.Get(name)
		if r == nil {
			continue
		}
		for _, t := range r.Triggers {
			hears := slices.ContainsFunc(events, func(e string) bool { return strings.Contains(t.Events, e) })
			decides := t.Before && t.ForEachRow && t.Enabled && !t.Cloned && t.Function != keeps
			if decides && hears && !w.silent(name, t.Name) {
				all = append(all, before(r)+" trigger "+t.Name+" of "+name)
			}
		}
		if name != table {
			continue // a rule stands for the relation that is named
		}
		for _, rule := range r.Rules {
			if rule != "_RETURN" && !w.silent(name, rule) {
				all = append(all, "rule "+rule+" of "+name)
			}
		}
	}
	return all
}

// keeps leaves out the rows that are as they were, and changes none.
const keeps = "pg_catalog.suppress_redundant_updates_trigger"

func before(r *catalog.Relation) string {
	if r.Kind == catalog.View {
		return "INSTEAD OF"
	}
	return "BEFORE"
}

// silent reports a trigger or rule that was not there yet, or disabled, at the statement.
func (w *watch) silent(table, name string) bool {
	return w.made[key(table, name)] || w.off[key(table, name)] || w.off[key(table, "")]
}
