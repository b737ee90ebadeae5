package rules

import (
	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "not-analysed", Severity: lint.Stop, Kind: "hidden",
	Summary: "a statement that could not be parsed (warn for dynamic SQL)",
	Run:     notAnalysed,
	Doc: `
## Advice
Read the exact SQL before it runs.

## In practice
What could not be read was not judged. It may be a mistake in the file, syntax newer than the parser, or a command of
psql that the server never sees. belay does not guess: such a statement is red, never green. SQL that is put together
at run time, by EXECUTE in a DO block, is named too: its text does not exist yet.

## Measured
Nothing is known, so nothing is claimed. A rehearsal on a throwaway server is the only judge: it takes the locks there
and shows them.

## Instead
Mend the statement, or rehearse it and accept it with a reason.
`,
})

func notAnalysed(p *lint.Pass) {
	for s := range p.Statements() {
		switch {
		case s.Problem != nil:
			s.Report(lint.Hazard{
				Line: s.Problem.Line, Column: s.Problem.Column,
				Message: "The statement could not be read, so nothing is known about what it does.",
				Why:     s.Problem.Message,
			})
		case s.Node == nil:
			s.Report(lint.Hazard{Message: "The statement could not be read, so nothing is known about what it does."})
		case s.Unjudged():
			s.Report(lint.Hazard{
				Message: "The statement was read, but what it locks and changes is not known.",
				Why:     "belay has no judgement for " + s.Kind + ".",
			})
		default:
			reportDynamic(s)
		}
	}
}

func reportDynamic(s lint.Stmt) {
	body := s.Body()
	if body == nil || !body.Dynamic {
		return
	}
	s.Report(lint.Hazard{
		Severity: lint.Warn,
		Message:  "The block puts SQL together while it runs; that part could not be judged.",
		Why:      "EXECUTE takes its text from an expression.",
		Instead:  "Write the statements out, or rehearse the block and look at the locks it took.",
	})
}
