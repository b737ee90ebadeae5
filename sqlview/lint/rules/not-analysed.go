package rules

import (
	"strings"

	"belay/sqlview/lint"
	"belay/sqlview/parse"
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
at run time, by EXECUTE in a DO block, is named too: its text does not exist yet. Of a migration that is a program the SQL
that stands in it is judged; the calls whose SQL only the tool knows are named.

A line with a backslash decides in psql what runs: a branch, another file, a variable. No part of such a statement is ever
sent, also when the finding is accepted. Read by psql alone and without effect on the SQL are the marks of a dump,
\restrict and \unrestrict, and \set ON_ERROR_STOP on, each on a line of its own.

## Measured
golang-migrate sends the file as it is: a backslash outside of quotes is a syntax error (42601), nothing is applied and the
version stays dirty. psql -f runs the command. Nothing is known, so nothing is claimed. A rehearsal on a throwaway server is the only judge: it takes the locks there
and shows them.

## Instead
Fix the statement, or rehearse it and accept it with a reason.
`,
})

func notAnalysed(p *lint.Pass) {
	for s := range p.Statements() {
		switch {
		case s.Unsendable:
			reportUnsendable(s)
		case s.Problem != nil && p.File.Program && s.Index == len(p.File.Statements)-1:
			s.Report(lint.Hazard{
				Severity: lint.Warn, Line: s.Problem.Line, Column: s.Problem.Column,
				Message: s.Problem.Message,
				Why:     "What is not known was not judged; the SQL that stands in the file as it is sent was.",
				Instead: "Have the tool print what it sends, where it can, and judge that: belay review FILE.sql.",
			})
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
	reportIdleMeta(p)
}

// reportUnsendable reports what belay sends to no server, whoever accepts it.
func reportUnsendable(s lint.Stmt) {
	why := s.Problem.Message + "."
	if said := s.Pass().WithTool("a syntax error (42601)"); said != "" && strings.HasPrefix(s.Problem.Message, `\`) {
		why += " " + said
	}
	s.Report(lint.Hazard{
		Line: s.Problem.Line, Column: s.Problem.Column,
		Message: "What would run here is not known, so no part of the file is sent, also when this is accepted.",
		Why:     why,
		Instead: "Take it out, and write down the SQL that is to run.",
	})
}

// reportIdleMeta names the lines of psql that change nothing of the SQL: a tool
// that sends the file as it is fails at them.
func reportIdleMeta(p *lint.Pass) {
	for _, m := range p.File.Meta {
		if m.What != parse.MetaCommand || m.Problem != nil || len(p.File.Statements) == 0 {
			continue
		}
		said := p.WithTool("a syntax error (42601)")
		h := lint.Hazard{
			Line: m.Line, Column: 1, Severity: lint.Notice,
			Message: "belay does not send this line: psql alone reads it, and it changes nothing of the SQL.",
			Instead: "Take the line out.",
		}
		switch {
		case said != "":
			h.Severity, h.Message, h.Why = lint.Stop, "This line is for psql alone.", said
		case !p.File.ByBelay:
			continue
		}
		next(p, m).Report(h)
	}
}

// next is the first statement behind a meta-command, else the last of the file.
func next(p *lint.Pass, m parse.Meta) lint.Stmt {
	var last lint.Stmt
	for s := range p.Statements() {
		if last = s; s.Start >= m.End {
			break
		}
	}
	return last
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
