package rewrite

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/sqlview/pair"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// bind finds the steps that belong together. A way that knows how puts something
// better in their place; the others stay as they are, side by side in one file.
func (p *proposal) bind(ctx context.Context) error {
	judged, hazards := p.judge()
	statements := slices.Clone(judged.Statements)
	for i := range statements {
		statements[i].Line = p.steps[i].line
	}
	bonds := pair.Find(statements, judged.Catalogs)
	slices.SortFunc(bonds, func(a, b pair.Bond) int { return b.First - a.First })
	next := slices.Clone(p.steps)
	for n, b := range bonds {
		next = slices.Replace(next, b.First, b.Last+1, p.together(judged, hazards, b, n+1)...)
	}
	return p.parse(ctx, next)
}

// together is what becomes of steps that belong together.
func (p *proposal) together(judged *lint.File, hazards [][]lint.Hazard, b pair.Bond, number int) []step {
	why := ""
	var pieces []*Piece
	for i := b.First; i <= b.Last; i++ {
		piece := p.piece(judged, i, hazards[i])
		if why := piece.fails(); why != "" {
			return p.keep(hazards, b, number, why)
		}
		pieces = append(pieces, piece)
	}
	for _, w := range p.ways {
		if w.Together == nil || !slices.ContainsFunc(pieces,
			func(piece *Piece) bool { return piece.Has(w.Lifts...) }) {
			continue
		}
		made, err := w.Together(pieces)
		var refused *Refusal
		if errors.As(err, &refused) {
			why = refused.Why
			continue
		}
		p.differences = append(p.differences, made.Differences...)
		for _, piece := range pieces {
			maps.Copy(p.aside, piece.aside)
		}
		return p.steps[b.First].become(made, w.ID)
	}
	if made := p.fold(pieces, b); made != nil {
		return made
	}
	return p.keep(hazards, b, number, why)
}

// keep leaves steps as they stand, in one file.
func (p *proposal) keep(hazards [][]lint.Hazard, b pair.Bond, number int, why string) []step {
	kept := slices.Clone(p.steps[b.First : b.Last+1])
	if why != "" {
		why = "; " + why
	}
	for i := range kept {
		kept[i].settled, kept[i].bond = true, number
		if found := hazards[b.First+i]; len(found) > 0 {
			p.leave(kept[i], found[0].Rule, b.Why[0]+", so they stay in one file"+why)
		}
	}
	return kept
}

// fold puts the statements around a rewritten one into the phase in which its
// names change places: nobody sees one without the others. Nil where they are not
// all changes in the catalog, or nothing is rewritten.
func (p *proposal) fold(pieces []*Piece, b pair.Bond) []step {
	for i, piece := range pieces {
		made, way := p.switching(piece)
		if way == "" || !p.around(pieces, i) {
			continue
		}
		at := slices.IndexFunc(made.Phases, func(f Phase) bool { return f.Switch })
		phase := &made.Phases[at]
		before, after := p.written(b.First, b.First+i), p.written(b.First+i+1, b.Last+1)
		phase.SQL = slices.Concat(before, phase.SQL, after)
		phase.Down, phase.Nothing = nil, ""
		phase.Why += "; what stands around it happens in the same moment"
		steps := p.steps[b.First+i].become(made, way)
		p.differences = append(p.differences, made.Differences...)
		maps.Copy(p.aside, piece.aside)
		return steps
	}
	return nil
}

// switching lets the first way at a statement that ends in one phase of names
// that change places.
func (p *proposal) switching(piece *Piece) (made Rewritten, way string) {
	for _, w := range p.ways {
		if w.Run == nil || !piece.Has(w.Lifts...) {
			continue
		}
		made, err := w.Run(piece)
		if err == nil && count(made.Phases, func(f Phase) bool { return f.Switch }) == 1 {
			return made, w.ID
		}
	}
	return Rewritten{}, ""
}

func count[T any](all []T, is func(T) bool) int {
	n := 0
	for _, t := range all {
		if is(t) {
			n++
		}
	}
	return n
}

// around reports whether all pieces but one are instant changes in the catalog
// that no way would make anything else of.
func (p *proposal) around(pieces []*Piece, but int) bool {
	for i, piece := range pieces {
		e := piece.Effects
		lifted := slices.ContainsFunc(p.ways, func(w Way) bool { return w.Run != nil && piece.Has(w.Lifts...) })
		if i != but &&
			(lifted || !e.Known || !e.Transactional || e.Duration != effect.Instant || changesRows(piece.Statement)) {
			return false
		}
	}
	return true
}

func changesRows(st *parse.Statement) bool {
	switch st.Node.GetNode().(type) {
	case *pg.Node_InsertStmt, *pg.Node_UpdateStmt, *pg.Node_DeleteStmt, *pg.Node_MergeStmt, *pg.Node_TruncateStmt,
		*pg.Node_CopyStmt,
		*pg.Node_CreateTableAsStmt, *pg.Node_SelectStmt, *pg.Node_RefreshMatViewStmt:
		return true
	}
	return false
}

// written are the steps from one to before another, with the comments above them.
func (p *proposal) written(from, to int) []string {
	var all []string
	for _, s := range p.steps[from:to] {
		all = append(all, strings.TrimSpace(withLead(s.lead, s.SQL[0])))
	}
	return all
}
