package rewrite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// deepest bounds how often what a way made is rewritten again.
const deepest = 6

// Propose makes the plan. It fails only where the parser cannot be started.
func Propose(ctx context.Context, in Input, rules []lint.Rule, ways []Way) (Plan, error) {
	parsed, err := parse.Parse(ctx, in.SQL)
	if err != nil {
		return Plan{}, fmt.Errorf("rewrite %s: %w", in.Path, err)
	}
	p := &proposal{in: in, rules: rules, ways: ways, aside: map[string]string{}}
	judged := p.file(parsed[0], in.SQL, in.Mode)
	found := lint.Check(judged, rules, in.Options)
	if !matters(found) {
		return Plan{}, nil
	}
	if why := cmp.Or(whole(parsed[0]), refusedByServer(judged), widens(judged), computed(judged)); why != "" {
		return Plan{Left: leftAll(parsed[0], found, why), Days: overDays(parsed[0], found)}, nil
	}
	p.original = parsed[0].Statements
	if err := errors.Join(p.read(ctx), p.parse(ctx, p.begin(parsed[0], found))); err != nil {
		return Plan{}, fmt.Errorf("rewrite %s: %w", in.Path, err)
	}
	if err := p.bind(ctx); err != nil {
		return Plan{}, fmt.Errorf("rewrite %s: %w", in.Path, err)
	}
	for range deepest {
		changed, err := p.round(ctx)
		if err != nil {
			return Plan{}, fmt.Errorf("rewrite %s: %w", in.Path, err)
		}
		if !changed {
			break
		}
	}
	if err := p.parse(ctx, rejoined(p.steps)); err != nil {
		return Plan{}, fmt.Errorf("rewrite %s: %w", in.Path, err)
	}
	if why := p.refusedMade(); why != "" {
		return Plan{Left: leftAll(parsed[0], found, why), Days: overDays(parsed[0], found)}, nil
	}
	plan := p.plan()
	plan.Days = overDays(parsed[0], found)
	if plan.Later, err = p.later(ctx); err != nil {
		return Plan{}, fmt.Errorf("rewrite %s: %w", in.Path, err)
	}
	return plan, nil
}

// proposal is a plan on its way.
type proposal struct {
	in          Input
	rules       []lint.Rule
	ways        []Way
	steps       []step
	left        []Left
	differences []string
	// contracts are the second halves, after is the catalog that the files leave.
	contracts []Contract
	after     *catalog.Snapshot
	// original are the statements of the file, texts what the definitions of the
	// catalog say, parsed.
	original []parse.Statement
	texts    map[string]parse.Statement
	// aside are the names that the pieces gave: see [Piece.Aside].
	aside map[string]string
}

// step is a phase on its way: a statement of the original, a part of one, or
// what a way made.
type step struct {
	Phase
	statements []parse.Statement
	// lead is the text of the comments above the statement.
	lead string
	// line is the original's, waived the rules that its author waived there.
	line   int
	waived []string
	// settings are the SETs that held where the statement stood.
	settings []string
	// group is the ALTER TABLE that the step was cut out of, 0 = none; head and
	// part put it together again.
	group      int
	head, part string
	ways       []string
	// origin is the statement of the file that the step comes from.
	origin int
	// bond is the number of the steps that it stays together with; 0 = none.
	bond int
	// settled is true once no way is tried any more.
	settled bool
}

// tree is the step's first statement; nil where it is not parsed yet.
func (s step) tree() *pg.Node {
	if len(s.statements) == 0 {
		return nil
	}
	return s.statements[0].Node
}

// made reports whether a way made the step.
func (s step) made() bool { return len(s.ways) > 0 }

// begin takes the statements apart: settings hold for what follows, a BEGIN and
// COMMIT around all of it go. Batches of one UPDATE are put together again.
func (p *proposal) begin(f parse.File, found []lint.Hazard) []step {
	var steps []step
	var settings []string
	lead := ""
	for i, st := range f.Statements {
		lead = strings.TrimSpace(lead + "\n" + leading(f, i))
		switch {
		case st.Node.GetTransactionStmt() != nil:
			continue
		case isTimeout(st):
			settings = setting(settings, st)
			continue
		}
		steps = append(steps, step{
			Phase: Phase{SQL: []string{st.SQL}}, statements: []parse.Statement{st}, lead: lead, line: st.Line,
			origin:   i,
			settings: slices.Clone(settings), waived: waivedAt(found, i),
		})
		lead = ""
	}
	return cutPairs(batched(steps, found))
}

func waivedAt(found []lint.Hazard, statement int) []string {
	var rules []string
	for _, h := range found {
		if h.Statement == statement && h.Waived != nil {
			rules = append(rules, h.Rule)
		}
	}
	return rules
}

// round judges the steps in order and lets the ways at the first statements
// that have a hazard. What they made is parsed together.
func (p *proposal) round(ctx context.Context) (changed bool, err error) {
	judged, hazards := p.judge()
	var next []step
	for i, s := range p.steps {
		if s.settled || s.Backfill || len(s.statements) != 1 {
			next = append(next, s)
			continue
		}
		made := p.rewrite(judged, i, hazards[i])
		changed = changed || len(made) != 1 || made[0].statements == nil
		next = append(next, made...)
	}
	if !changed {
		p.steps = next
		return false, nil
	}
	return true, p.parse(ctx, next)
}

// rewrite lets the first way that lifts a hazard at a step. The step itself
// comes back where none does.
func (p *proposal) rewrite(judged *lint.File, i int, hazards []lint.Hazard) []step {
	s := p.steps[i]
	if len(hazards) == 0 {
		return []step{s}
	}
	if parts := cut(s, i+1); len(parts) > 1 {
		return parts
	}
	piece := p.piece(judged, i, hazards)
	s.settled = true
	if len(piece.Features) > 0 {
		p.leave(s, hazards[0].Rule, "it is written in syntax of PostgreSQL 18 that belay reads and does not write")
		return []step{s}
	}
	if why := piece.fails(); why != "" {
		p.leave(s, hazards[0].Rule, why)
		return []step{s}
	}
	for _, w := range p.ways {
		at := slices.IndexFunc(hazards, func(h lint.Hazard) bool { return slices.Contains(w.Lifts, h.Rule) })
		if at < 0 || w.Run == nil {
			continue
		}
		made, err := w.Run(piece)
		var refused *Refusal
		if errors.As(err, &refused) {
			p.leave(s, hazards[at].Rule, refused.Why)
			continue
		}
		p.differences = append(p.differences, made.Differences...)
		if made.Contract != nil {
			p.contracts = append(p.contracts, *made.Contract)
		}
		maps.Copy(p.aside, piece.aside)
		return s.become(made, w.ID)
	}
	p.unlifted(s, hazards)
	return []step{s}
}

func (p *proposal) leave(s step, rule, why string) {
	p.left = append(p.left, Left{Line: s.line, SQL: s.SQL[0], Rule: rule, Why: why})
}

// become turns a step into the phases that a way made of it.
func (s step) become(made Rewritten, way string) []step {
	var all []step
	for i, phase := range made.Phases {
		n := step{
			Phase: phase, line: s.line, origin: s.origin, settings: s.settings, settled: phase.Final,
			ways: append(slices.Clone(s.ways), way),
		}
		if i == 0 {
			n.lead, n.Before = s.lead, cmp.Or(s.Before, n.Before)
		}
		all = append(all, n)
	}
	return all
}

// parse reads the steps that have no tree yet.
func (p *proposal) parse(ctx context.Context, steps []step) error {
	var texts [][]byte
	for _, s := range steps {
		if s.statements != nil {
			continue
		}
		for _, sql := range s.SQL {
			texts = append(texts, []byte(sql))
		}
	}
	files, err := parse.Parse(ctx, texts...)
	if err != nil {
		return err
	}
	for i := range steps {
		if steps[i].statements != nil {
			continue
		}
		for range steps[i].SQL {
			f := files[0]
			files = files[1:]
			if len(f.Statements) != 1 || f.Statements[0].Node == nil {
				return fmt.Errorf("a way wrote what is not one statement: %s", strings.Join(steps[i].SQL, "; "))
			}
			steps[i].statements = append(steps[i].statements, f.Statements[0])
		}
	}
	p.steps = steps
	return nil
}

// matters reports whether there is anything to lift.
func matters(found []lint.Hazard) bool { return slices.ContainsFunc(found, counts) }

func counts(h lint.Hazard) bool { return h.Waived == nil && h.Severity >= lint.Warn }

func leftAll(f parse.File, found []lint.Hazard, why string) []Left {
	var left []Left
	seen := map[int]bool{}
	for _, h := range found {
		if counts(h) && h.Statement >= 0 && h.Statement < len(f.Statements) && !seen[h.Statement] {
			seen[h.Statement] = true
			left = append(left, Left{Line: h.Line, SQL: f.Statements[h.Statement].SQL, Rule: h.Rule, Why: why})
		}
	}
	return left
}

// before is the catalog that the file meets.
func (p *proposal) before() *catalog.Snapshot {
	if p.in.Snapshot == nil {
		return &catalog.Snapshot{}
	}
	return p.in.Snapshot
}
