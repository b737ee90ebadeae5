package sqlview

import (
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/sqlview/secret"
)

// fileResult writes down what was found in one file.
func fileResult(s Source, f *lint.File, hazards []lint.Hazard) FileResult {
	out := FileResult{
		Path: s.Path, Tool: s.Tool, Version: s.Version,
		Statements: []StatementResult{}, Hazards: []Finding{},
	}
	if b, why := f.Batches(); f.Backfill && why == "" {
		out.Batches = secret.SQL(b.Command())
	}
	hidden := Secrets(f)
	for i := range f.Statements {
		out.Statements = append(out.Statements, statementResult(f, i, hidden))
	}
	for _, h := range hazards {
		out.Hazards = append(out.Hazards, finding(h, hidden))
	}
	return out
}

func statementResult(f *lint.File, i int, hidden []string) StatementResult {
	s, e := f.Statements[i], f.Effects[i]
	return StatementResult{
		Index: i, Line: s.Line, EndLine: s.EndLine, SQL: secret.Without(secret.SQL(s.SQL), hidden), Kind: s.Kind,
		Analysed: s.Node != nil && e.Known, Transactional: e.Transactional,
		Locks: orEmpty(e.Locks), Rewrites: orEmpty(e.Rewrites), Scans: orEmpty(e.Scans),
		Reversible: e.Reversible, Breaks: e.Breaks,
		Duration: durationOf(e), Inverse: e.Inverse, Notes: e.Notes,
	}
}

// durationOf is unknown for a statement that nobody judged: it may take long.
func durationOf(e effect.Effect) effect.Duration {
	if e.Duration == "" {
		return effect.Unknown
	}
	return e.Duration
}

// finding is a hazard without the secrets of its file, which its texts may quote.
func finding(h lint.Hazard, hidden []string) Finding {
	if len(hidden) > 0 {
		h.Message, h.Why, h.Instead = secret.Text(h.Message, hidden), secret.Text(h.Why, hidden),
			secret.Text(h.Instead, hidden)
	}
	return Finding{
		Rule: h.Rule, Severity: h.Severity.String(), Statement: h.Statement, Line: h.Line, Column: h.Column,
		Relation: orNull(h.Relation), Message: h.Message, Why: h.Why, Instead: orNull(h.Instead), Waived: h.Waived,
	}
}

// orNull is nil for what there is none of.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// orEmpty is a list even where there is nothing in it.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
