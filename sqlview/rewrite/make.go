package rewrite

import (
	"context"
	"errors"
	"fmt"

	"belay/sqlview/lint"
	"belay/sqlview/parse"
)

// Make is [Propose] for a change that no statement asks for, such as a column that is split:
// the input is an ALTER TABLE of one command that names the table, and run makes the phases.
// A refusal of it stands in Left. What run makes is judged, and rewritten where it has a
// hazard, as in a proposal.
func Make(ctx context.Context, in Input, rules []lint.Rule, ways []Way,
	run func(*Piece) (Rewritten, error)) (Plan, error) {
	failed := func(err error) (Plan, error) { return Plan{}, fmt.Errorf("phases of %s: %w", in.Title, err) }
	files, err := parse.Parse(ctx, in.SQL)
	if err != nil {
		return failed(err)
	}
	p := &proposal{in: in, rules: rules, ways: ways, aside: map[string]string{}, original: files[0].Statements}
	if err := errors.Join(p.read(ctx), p.parse(ctx, p.begin(files[0], nil))); err != nil {
		return failed(err)
	}
	judged, _ := p.judge()
	made, err := run(p.piece(judged, 0, nil))
	if refused := (*Refusal)(nil); errors.As(err, &refused) {
		return Plan{Left: []Left{{Line: 1, SQL: p.steps[0].SQL[0], Why: refused.Why}}}, nil
	}
	if err != nil {
		return failed(err)
	}
	p.differences = made.Differences
	if made.Contract != nil {
		p.contracts = append(p.contracts, *made.Contract)
	}
	if err := p.parse(ctx, p.steps[0].become(made, "made")); err != nil {
		return failed(err)
	}
	for range deepest {
		changed, err := p.round(ctx)
		if err != nil {
			return failed(err)
		}
		if !changed {
			break
		}
	}
	if why := p.refusedMade(); why != "" {
		return Plan{Left: []Left{{Line: 1, SQL: p.original[0].SQL, Why: why}}}, nil
	}
	plan := p.plan()
	if plan.Later, err = p.later(ctx); err != nil {
		return failed(err)
	}
	return plan, nil
}
