package checklist

import (
	"fmt"

	"belay/sqlview"
	"belay/sqlview/lint"
	"belay/steps"
	"belay/steps/journal"
)

// certain is the rule that no reason lifts: the server refuses the statement, so
// there is nothing to accept.
const certain = "fails"

// refusedRun has the statements that the server is going to refuse; the zero value has none.
type refusedRun struct {
	first sqlview.Finding
	path  string
	more  int
}

// refusals finds what the server will not do as its catalog is now. Where only the
// files could be asked, it is a warning and stops nothing. Nor does it where a run is
// gone on with: what its files did is in the catalog already, and they would do it again.
func refusals(e *steps.Env, folder steps.Folder, r sqlview.Result) refusedRun {
	var out refusedRun
	for _, f := range r.Files {
		if begun, _ := e.Engine.UnitOutcome(f.Version); begun != nil || folder.Recorded(f.Version) {
			return refusedRun{}
		}
		for _, h := range f.Hazards {
			switch {
			case h.Rule != certain || h.Severity != lint.Stop.String():
			case out.path == "":
				out.first, out.path = h, f.Path
			default:
				out.more++
			}
		}
	}
	return out
}

// outcome fails the review over such a statement: the run dialog does not open.
func (r refusedRun) outcome(o steps.Outcome) steps.Outcome {
	if r.path == "" {
		return o
	}
	o.Status = journal.Failed
	o.Summary = fmt.Sprintf("%s:%d: %s", r.path, r.first.Line, r.first.Message)
	switch {
	case r.more == 1:
		o.Summary += " One more statement fails too."
	case r.more > 1:
		o.Summary += fmt.Sprintf(" %d more statements fail too.", r.more)
	}
	o.Hint = "no reason lifts this: change the file, or what stands in its way in the database, then start belay " +
		"again; it looks anew each time"
	return o
}
