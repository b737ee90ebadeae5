package lint

import (
	"iter"
	"slices"

	"belay/sqlview/activity"
	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Stmt is one statement under judgement, with what is known where it runs.
type Stmt struct {
	*parse.Statement
	pass *Pass
}

// Statements yields every statement of the file, analysed or not.
func (p *Pass) Statements() iter.Seq[Stmt] {
	return func(yield func(Stmt) bool) {
		for i := range p.File.Statements {
			if !yield(Stmt{&p.File.Statements[i], p}) {
				return
			}
		}
	}
}

// Each yields the statements of one kind with their tree, such as
// Each(p, (*pg.Node).GetIndexStmt).
func Each[T any](p *Pass, get func(*pg.Node) *T) iter.Seq2[Stmt, *T] {
	return func(yield func(Stmt, *T) bool) {
		for s := range p.Statements() {
			if t := get(s.Node); t != nil && !yield(s, t) {
				return
			}
		}
	}
}

// Shaping yields the statements that create, alter or index the relation, in order.
func (p *Pass) Shaping(relation string) iter.Seq[Stmt] {
	return func(yield func(Stmt) bool) {
		for _, i := range p.facts.shaped[relation] {
			if !yield(Stmt{&p.File.Statements[i], p}) {
				return
			}
		}
	}
}

// Catalog is what the statement meets: earlier statements of the run are in
// it. It is never nil; it may know nothing.
func (s Stmt) Catalog() *catalog.Snapshot {
	if s.Index < len(s.pass.File.Catalogs) && s.pass.File.Catalogs[s.Index] != nil {
		return s.pass.File.Catalogs[s.Index]
	}
	return &catalog.Snapshot{}
}

// Effect is what the statement does; its Known is false where nobody judged it.
func (s Stmt) Effect() effect.Effect {
	if s.Index < len(s.pass.File.Effects) {
		return s.pass.File.Effects[s.Index]
	}
	return effect.Effect{}
}

// Unjudged reports whether effects were worked out for the file and none is
// known for this statement.
func (s Stmt) Unjudged() bool {
	return s.Index < len(s.pass.File.Effects) && !s.pass.File.Effects[s.Index].Known
}

// Pass is the pass that the statement is judged in.
func (s Stmt) Pass() *Pass { return s.pass }

// Report adds a hazard of the statement. Rule, Severity and place are filled
// in where they are zero.
func (s Stmt) Report(h Hazard) {
	p := s.pass
	h.Statement = s.Index
	h.Rule = p.rule.ID
	if p.rule.GrowsWithTable {
		p.weigh(&h, s.Catalog().Relation(h.Relation))
	}
	if h.Severity == 0 {
		h.Severity = p.rule.Severity
	}
	if h.Line == 0 {
		h.Line, h.Column = s.position(h.At)
	}
	*p.found = append(*p.found, h)
}

// weigh adds the table's size to the reasons, and lowers what is only work on
// a table that is known to be small and quiet.
func (p *Pass) weigh(h *Hazard, r *catalog.Relation) {
	if size := Measure(r); size != "" {
		h.Why += " " + h.Relation + ": " + size + "."
	}
	if h.Severity == 0 && p.smallAndQuiet(r) {
		h.Severity = Notice
		h.Why += " It is small and quiet."
	}
}

// smallAndQuiet needs both facts to be known: what nobody measured is not small.
func (p *Pass) smallAndQuiet(r *catalog.Relation) bool {
	if r == nil || r.Size == nil || r.Size.Rows < 0 {
		return false
	}
	rate, known := p.traffic(r)
	return known && r.Size.Rows <= p.small.Rows && r.Size.Bytes <= p.small.Bytes && rate <= p.small.PerSecond
}

// traffic is how many reads and writes a second a table has, by the catalog or
// by what was sampled; known is false where nobody measured both.
func (p *Pass) traffic(r *catalog.Relation) (perSecond float64, known bool) {
	if r.Traffic != nil {
		return r.Traffic.ReadsPerSecond + r.Traffic.WritesPerSecond, true
	}
	if p.Moment == nil {
		return 0, false
	}
	i := slices.IndexFunc(p.Moment.Tables, func(t activity.Table) bool { return t.Relation == r.Name })
	if i < 0 || p.Moment.Tables[i].ReadsPerSecond < 0 || p.Moment.Tables[i].WritesPerSecond < 0 {
		return 0, false
	}
	return p.Moment.Tables[i].ReadsPerSecond + p.Moment.Tables[i].WritesPerSecond, true
}

// Before reports whether the server may be older than the major version. A
// server that is not known is taken for the worst of 12 to 18.
func (p *Pass) Before(major int) bool {
	if p.Version == 0 {
		return major > oldestRun
	}
	return p.Version < major
}

// oldestRun is the oldest major version that belay runs migrations on.
const oldestRun = 12
