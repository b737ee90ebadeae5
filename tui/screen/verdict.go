package screen

import (
	"slices"

	"belay/sqlview"
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/tui/look"
)

// verdict sums up the hazards of statements: what is worst, and how often.
func (p page) verdict(hs []sqlview.Finding, of []sqlview.StatementResult) string {
	stop, warn, accepted := p.counted(hs)
	switch {
	case stop > 0 && warn > 0:
		return p.Text(look.Danger, p.Marks.Failed+" "+itoa(stop)+" stop") + " " +
			p.Text(look.Attention, itoa(warn)+" warn")
	case stop > 0:
		return p.Text(look.Danger, p.Marks.Failed+" "+itoa(stop)+" stop")
	case warn > 0:
		return p.Text(look.Attention, p.Marks.Look+" "+itoa(warn)+" warn")
	}
	if accepted > 0 {
		return p.Text(look.OK, p.Marks.Done+" "+itoa(accepted)+" accepted")
	}
	return p.noHazard(of...)
}

// noHazard is the verdict on statements with none. What nothing brings back is no hazard,
// and no good news either.
func (p page) noHazard(of ...sqlview.StatementResult) string {
	gone := func(s sqlview.StatementResult) bool {
		return s.Reversible == effect.ReversibleNone && s.Duration != effect.Unknown // a DO: nobody knows
	}
	if slices.ContainsFunc(of, gone) {
		return p.Text(look.Attention, p.Marks.Look+" no way back")
	}
	return p.Text(look.OK, p.Marks.Done+" no hazard")
}

// counted are the hazards nobody has accepted or waived, and those somebody has.
func (p page) counted(hs []sqlview.Finding) (stop, warn, accepted int) {
	for _, h := range hs {
		if h.Waived != nil || (p.f.Review != nil && p.f.Review.Accepted[h.Rule] != "") {
			accepted++
			continue
		}
		switch h.Level() {
		case lint.Stop:
			stop++
		case lint.Warn:
			warn++
		}
	}
	return stop, warn, accepted
}

// worst sums up the hazards of all files.
func (p page) worst() string {
	if p.f.Review == nil {
		return ""
	}
	var statements []sqlview.StatementResult
	for _, f := range p.f.Review.Result.Files {
		statements = append(statements, f.Statements...)
	}
	return p.verdict(p.findings(), statements)
}

func (p page) findings() (all []sqlview.Finding) {
	for _, f := range p.f.Review.Result.Files {
		all = append(all, f.Hazards...)
	}
	return all
}
