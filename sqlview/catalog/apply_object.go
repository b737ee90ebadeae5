package catalog

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// triggerEvents are the bits of CreateTrigStmt.events.
var triggerEvents = []struct {
	bit  int32
	name string
}{{1 << 2, "INSERT"}, {1 << 3, "DELETE"}, {1 << 4, "UPDATE"}, {1 << 5, "TRUNCATE"}}

func createTrigger(e *evolution, n *pg.Node) {
	s := n.GetCreateTrigStmt()
	var events []string
	for _, v := range triggerEvents {
		if s.Events&v.bit != 0 {
			events = append(events, v.name)
		}
	}
	t := Trigger{Name: Truncate(s.Trigname), Function: e.triggerFunction(s.Funcname), Enabled: true,
		ForEachRow: s.Row, Before: s.Timing&beforeOrInstead != 0, Events: strings.Join(events, " OR ")}
	r := e.edit(e.Name(s.Relation))
	if s.Row && r.Kind == PartitionedTable {
		for _, name := range e.Descendants(r.Name) {
			kid := e.edit(name)
			cloned := t
			cloned.Cloned = true
			kid.Triggers = with(kid.Triggers, cloned)
		}
	}
	r.Triggers = with(without(r.Triggers, func(o Trigger) bool { return o.Name == t.Name }), t)
	if names := append(Strings(s.Columns), Columns(s.WhenClause)...); len(names) > 0 {
		r.Dependents = with(r.Dependents, Dependent{Name: t.Name, Kind: TriggerKind, Columns: names})
	}
}

// beforeOrInstead are the bits of a trigger's timing, as pg_trigger.h has them.
const beforeOrInstead = 1<<1 | 1<<6

// serverTriggers are the trigger functions that the server brings along.
var serverTriggers = map[string]bool{
	"suppress_redundant_updates_trigger": true, "tsvector_update_trigger": true, "tsvector_update_trigger_column": true,
}

func (e *evolution) triggerFunction(parts []*pg.Node) string {
	if words := Strings(parts); len(words) == 1 && serverTriggers[words[0]] {
		return "pg_catalog." + words[0]
	}
	return e.NameOf(parts)
}

func createPolicy(e *evolution, n *pg.Node) {
	s := n.GetCreatePolicyStmt()
	r := e.edit(e.Name(s.Table))
	r.Policies++
	r.PolicyNames = with(r.PolicyNames, Truncate(s.PolicyName))
	r.Visibility = nil
	d := Dependent{Name: Truncate(s.PolicyName), Kind: PolicyKind}
	if names := e.ownColumns(r, s.Qual, s.WithCheck); len(names) > 0 {
		d.Columns = names
		r.Dependents = with(r.Dependents, d)
	}
	e.needs(Dependent{Name: d.Name, Kind: PolicyKind, On: r.Name}, s.Qual, s.WithCheck)
}

// createRule notes on what the actions of a rule name that the rule needs it.
func createRule(e *evolution, n *pg.Node) {
	s := n.GetRuleStmt()
	table := e.Name(s.Relation)
	if r := e.editKnown(table); r != nil && !slices.Contains(r.Rules, Truncate(s.Rulename)) {
		r.Rules = with(r.Rules, Truncate(s.Rulename))
	}
	e.needs(Dependent{Name: Truncate(s.Rulename), Kind: RuleKind, On: table},
		append([]*pg.Node{s.WhereClause}, s.Actions...)...)
}

func createStatistics(e *evolution, n *pg.Node) {
	s := n.GetCreateStatsStmt()
	for _, v := range s.Relations {
		if r := e.editKnown(e.Name(v.GetRangeVar())); r != nil && len(s.Defnames) > 0 {
			r.Statistics = with(r.Statistics, e.newNameOf(s.Defnames))
		}
	}
}

func createPublication(e *evolution, n *pg.Node) {
	s := n.GetCreatePublicationStmt()
	e.Publications = with(e.Publications, Publication{
		Name: s.Pubname, AllTables: s.ForAllTables, Updates: publishes(s.Options, "update"),
		Deletes: publishes(s.Options, "delete"), Tables: e.published(s.Pubobjects),
		Named: e.publishedByName(s.Pubobjects)})
}

// publishes reads the option publish of a publication: without it all is.
func publishes(options []*pg.Node, what string) bool {
	for _, o := range options {
		if d := o.GetDefElem(); d.GetDefname() == "publish" {
			return strings.Contains(d.GetArg().GetString_().GetSval(), what)
		}
	}
	return true
}

// publishedByName lists the tables that publication objects name one by one. What
// inherits from one of them is written down by its own name too, and stays when it
// inherits no more; partitions are published through their table.
func (e *evolution) publishedByName(objects []*pg.Node) []string {
	var all []string
	for _, o := range objects {
		t := o.GetPublicationObjSpec().GetPubtable()
		if t == nil {
			continue
		}
		name := e.Name(t.Relation)
		all = append(all, name)
		if r := e.Seen(name); t.Relation.GetInh() && r != nil && r.Kind != PartitionedTable {
			all = append(all, e.Descendants(name)...)
		}
	}
	return all
}

// published lists the tables that publication objects name; a whole schema
// stands for the tables it has now.
func (e *evolution) published(objects []*pg.Node) []string {
	all := e.publishedByName(objects)
	for _, o := range objects {
		s := o.GetPublicationObjSpec()
		if s.GetPubtable() != nil {
			continue
		}
		for name, r := range e.Relations.All() {
			if Schema(name) == s.GetName() && (r.Kind == Table || r.Kind == PartitionedTable) {
				all = append(all, name)
			}
		}
	}
	return all
}

func alterPublication(e *evolution, n *pg.Node) {
	s := n.GetAlterPublicationStmt()
	tables, named := e.published(s.Pubobjects), e.publishedByName(s.Pubobjects)
	switch {
	case len(s.Pubobjects) == 0:
	case s.Action == pg.AlterPublicationAction_AP_SetObjects:
		e.undependKind(PublicationKind, s.Pubname, "")
	case s.Action == pg.AlterPublicationAction_AP_DropObjects:
		for _, t := range tables {
			e.undependKind(PublicationKind, s.Pubname, t)
		}
	}
	e.Publications = mapped(e.Publications, func(p Publication) Publication {
		if p.Name != s.Pubname || len(s.Pubobjects) == 0 {
			return p
		}
		switch s.Action {
		case pg.AlterPublicationAction_AP_AddObjects:
			p.Tables, p.Named = with(p.Tables, tables...), with(p.Named, named...)
		case pg.AlterPublicationAction_AP_DropObjects:
			for _, t := range tables {
				p.Tables, p.Named = without(p.Tables, is(t)), without(p.Named, is(t))
			}
		case pg.AlterPublicationAction_AP_SetObjects:
			p.Tables, p.Named = tables, named
		}
		return p
	})
}

func setVariable(e *evolution, n *pg.Node) {
	s := n.GetVariableSetStmt()
	var words []string
	for _, a := range s.Args {
		words = append(words, a.GetAConst().GetSval().GetSval())
	}
	switch strings.ToLower(s.Name) {
	case "search_path":
		e.setPath(s, words)
	case "timezone":
		e.TimeZone = strings.Join(words, "")
	case "default_tablespace":
		e.Tablespace = strings.Join(words, "")
	case "role", "session_authorization":
		e.Rights = nil
	case "":
		if s.Kind == pg.VariableSetKind_VAR_RESET_ALL {
			e.goHome()
		}
	}
}

// setPath changes the search path; without a value it is again what it was before
// the run.
func (e *evolution) setPath(s *pg.VariableSetStmt, words []string) {
	was := e.SearchPath
	if e.home == nil {
		e.home = &was
	}
	if s.IsLocal && e.local == nil {
		e.local = &was
	}
	switch s.Kind {
	case pg.VariableSetKind_VAR_SET_DEFAULT, pg.VariableSetKind_VAR_RESET:
		e.SearchPath = *e.home
	default:
		e.SearchPath = words
	}
}

// goHome is RESET ALL.
func (e *evolution) goHome() {
	if e.home != nil {
		e.SearchPath = *e.home
	}
	e.TimeZone = ""
}

func discard(e *evolution, n *pg.Node) {
	if n.GetDiscardStmt().GetTarget() == pg.DiscardMode_DISCARD_ALL {
		e.goHome()
	}
}

// selectStatement reads set_config('search_path', …), as pg_dump writes it, and
// SELECT … INTO, which makes a table.
func selectStatement(e *evolution, n *pg.Node) {
	s := n.GetSelectStmt()
	if into := s.GetIntoClause().GetRel(); into != nil {
		e.add(&Relation{Name: e.newName(into), Kind: Table, Columns: e.outputColumns(n, nil), Unlisted: true})
		return
	}
	e.called(n)
	for _, t := range s.GetTargetList() {
		f := t.GetResTarget().GetVal().GetFuncCall()
		words := Strings(f.GetFuncname())
		if len(words) == 0 || words[len(words)-1] != "set_config" || len(f.Args) < 2 ||
			f.Args[0].GetAConst().GetSval().GetSval() != "search_path" {
			continue
		}
		e.SearchPath = nil
		for p := range strings.SplitSeq(f.Args[1].GetAConst().GetSval().GetSval(), ",") {
			e.SearchPath = append(e.SearchPath, strings.Trim(strings.TrimSpace(p), `"`))
		}
	}
}
