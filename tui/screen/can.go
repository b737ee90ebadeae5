package screen

import (
	"fmt"
	"strings"

	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
)

// holdQuestion asks how long locks may be held: the first that R opens.
const holdQuestion = "run.hold"

// goOn asks whether to go on with what was held up, or was left before its end.
const goOn = "run.go_on"

// Missing names what still stands before the run dialog; "" = nothing.
func Missing(run *state.Run, f *Facts) string {
	if run.Finished != nil {
		return "this run is over: q leaves, and `belay` begins anew"
	}
	if run.Step("run") == nil {
		return "belay is still looking: no run is possible yet"
	}
	if run.Step("backfill") != nil {
		f = nil // there is no folder to look at
	}
	if f != nil && f.Folder != nil && f.Folder.Read && len(f.Folder.Pending) == 0 && run.Opened == nil {
		return "nothing is pending: there is nothing to run"
	}
	for _, s := range run.Steps {
		if s.ID == "run" {
			break
		}
		if why := blocksRun(run, s); why != "" {
			return why
		}
	}
	for i := range run.Questions {
		if q := &run.Questions[i]; run.Opened == nil && q.Waits() && q.ID != holdQuestion {
			return "answer first: " + q.Text
		}
	}
	if a := run.Unapproved(); a != nil {
		return "a second person must approve first: " + a.How
	}
	if f != nil && f.Preflight != nil {
		for _, i := range f.Preflight.Items {
			if i.Level == fact.Stop {
				return "preflight stops it: " + i.Text
			}
		}
	}
	return ""
}

func blocksRun(run *state.Run, s state.Step) string {
	if q := question(run, s.ID); q != nil {
		return "answer first: " + q.Text
	}
	switch s.Status {
	case journal.Done, journal.Waived, journal.Look:
		return ""
	case journal.Running, journal.Todo:
		return s.Title + " is not done yet"
	}
	why := s.Title + ": " + string(s.Status)
	if s.Summary != "" {
		why += ", " + s.Summary
	}
	return why
}

// question is the first open question of a step that somebody must answer.
func question(run *state.Run, step string) *state.Question {
	for i := range run.Questions {
		if q := &run.Questions[i]; q.Step == step && q.Waits() {
			return q
		}
	}
	return nil
}

// Confirmable is the question that R opens; nil = none is open.
func Confirmable(run *state.Run) *state.Question {
	for _, id := range append([]string{holdQuestion}, confirms...) {
		if q := run.Question(id); q != nil {
			return q
		}
	}
	return nil
}

func cannotRun(run *state.Run, l Local) string {
	if Busy(run) {
		return "it runs already"
	}
	if Over(run, l) && l.Anew {
		if Resumes(run, l) {
			return "nothing can run here now: r goes on with this run"
		}
		return "nothing can run here now: r looks again and begins anew"
	}
	if l.Lost || run.Parked != "" {
		return "no engine is there to run it: leave, then `belay attach " + run.ID + "`"
	}
	if q := run.Question(holdQuestion); q != nil && run.Opened != nil {
		return ""
	}
	if why := Missing(run, l.Facts); why != "" {
		return why
	}
	if Confirmable(run) == nil {
		return "belay is not ready to run: nothing asks for a yes yet"
	}
	return ""
}

// Busy reports whether something runs on the target, or may.
func Busy(run *state.Run) bool {
	if run.Finished != nil || !run.Alive || run.Opened == nil {
		return false
	}
	if run.InHand() != nil {
		return true
	}
	for _, s := range run.Steps {
		if s.ID == "run" && (s.Status == journal.Running || s.Status == journal.Paused) {
			return true
		}
	}
	return false
}

// Awaits reports whether a run stands at a question: nothing of it is open on the server
// meanwhile.
func Awaits(run *state.Run) bool { return Busy(run) && question(run, atRun) != nil }

// Works reports whether a look does something long that a person asked for, such as
// a backup: it goes on without a screen.
func Works(run *state.Run) bool {
	return run.Opened == nil && run.Finished == nil && run.Alive && run.Work.Step != ""
}

// Outlives reports whether something goes on when the screen leaves.
func Outlives(run *state.Run) bool { return Busy(run) || Works(run) }

// Over reports whether nothing of the run goes on: it has ended, is left open, or its
// engine is gone.
func Over(run *state.Run, l Local) bool { return run.Finished != nil || run.Parked != "" || l.Lost }

// Resumes reports whether to begin the command again goes on with this very run: it was
// left open, for a person or until the database is asked.
func Resumes(run *state.Run, l Local) bool {
	f := run.Finished
	if fill := Filling(run, l.Facts); fill != nil && fill.State == fact.FillElsewhere || run.TakenBy != "" {
		return false
	}
	return Over(run, l) && run.Opened != nil &&
		(f == nil || f.Exit == steps.ExitPerson || f.Exit == steps.ExitUnknown)
}

// Underway reports whether the engine of an opened run still works.
func Underway(run *state.Run) bool {
	return run.Opened != nil && run.Finished == nil && run.Alive && run.Parked == ""
}

func cannotStop(run *state.Run, l Local) string {
	switch {
	case run.Finished != nil:
		return "nothing to stop: this run is over"
	case !Outlives(run) && !Watching(run):
		return "nothing to stop: nothing runs on the database"
	case l.Lost:
		return "the engine is gone: `belay attach " + run.ID + "` asks the database what became of it"
	case run.StopAsked != nil && run.StopAsked.Now:
		return "stop was requested already; waiting for the server's answer"
	}
	return ""
}

// Undone reports whether all that a stop ends now is undone by the server.
func Undone(run *state.Run, l Local) bool {
	u := run.InHand()
	return u != nil && u.Intent.Transaction && !Awaits(run) && !Reads(run, l) && cannotStop(run, l) == "" &&
		Filling(run, l.Facts) == nil && (l.Facts == nil || l.Facts.Command == nil) && Remains(run, l.Facts) == ""
}

func cannotDetach(run *state.Run, _ Local) string {
	if !Underway(run) && !Works(run) {
		return "nothing goes on without you: q leaves"
	}
	return ""
}

// Watching reports whether the run is applied and being watched.
func Watching(run *state.Run) bool {
	s := run.Step("monitor")
	return Underway(run) && s != nil && s.Status == journal.Running
}

// tripwire is the playbook that takes something out of reach for a while.
const tripwire = "tripwire"

// Returns reports whether the end of the watch brings back what is out of reach.
func Returns(run *state.Run) bool { return run.Playbook == tripwire }

// WaysBack are the versions that can be taken back, newest first, and the file that ends
// them with why; "" = none does.
func WaysBack(f *Facts) (versions []string, ends string) {
	if f == nil || f.Rollback == nil || f.Command != nil { // what a command takes back is its own
		return nil, ""
	}
	for _, w := range f.Rollback.Ways {
		switch {
		case w.Unseen || len(w.Runs) > 0 || w.Nothing != "":
			versions = append(versions, w.Version)
		case w.Down == "":
			return versions, w.Up + " has no down file"
		default:
			return versions, w.Down + " holds no way back"
		}
	}
	return versions, ""
}

func cannotRollback(run *state.Run, l Local) string {
	back, ends := WaysBack(l.Facts)
	switch {
	case Watching(run) && run.Playbook != "rollback" && run.Playbook != tripwire && ends != "" && len(back) == 0:
		return ends + ": nothing is taken back before it has one"
	case Watching(run) && run.Playbook == tripwire:
		return "c brings back what is out of reach"
	case Watching(run) && run.Playbook != "rollback":
		return ""
	case run.Finished != nil && run.Opened != nil:
		return "this run is over: `belay rollback " + Short(run.ID) + "` takes it back"
	}
	return "nothing that was applied is being watched; the rollback step shows the way back of each statement"
}

func cannotSQL(_ *state.Run, l Local) string {
	if l.Facts == nil || l.Facts.Review == nil || len(l.Facts.Sheet.Rows) == 0 {
		return "no SQL was read yet"
	}
	return ""
}

// Selected is the hazard under the review's cursor; ok is false where there is
// none, or another step is looked at.
func Selected(l Local) (h Hazard, ok bool) {
	it, ok := l.Reviewed()
	if !ok || it.Finding < 0 || l.Screen != "review" {
		return h, false
	}
	file := l.Facts.Review.Result.Files[it.File]
	return Hazard{Finding: file.Hazards[it.Finding], Path: file.Path}, true
}

// Waiver is the open question for a reason that lifts the stop of the step that
// is looked at; nil = none, or a hazard's own acceptance comes first.
func Waiver(run *state.Run, l Local) *state.Question {
	if h, ok := Selected(l); ok && run.Question("review.accept."+h.Rule) != nil {
		return nil
	}
	for i := range run.Questions {
		if q := &run.Questions[i]; q.Step == l.Screen && steps.IsWaiver(q.ID) {
			return q
		}
	}
	return nil
}

func cannotAccept(run *state.Run, l Local) string {
	h, ok := Selected(l)
	switch {
	case Waiver(run, l) != nil:
		return ""
	case !ok:
		return "no hazard is under the cursor"
	case l.Facts.Review.Accepted[h.Rule] != "":
		return "accepted already: " + l.Facts.Review.Accepted[h.Rule]
	case run.Question("review.accept."+h.Rule) == nil && h.Severity != "stop":
		return "a " + h.Severity + " needs no acceptance: it does not stop the run"
	case run.Question("review.accept."+h.Rule) == nil:
		return "belay does not ask about this hazard now"
	}
	return ""
}

func cannotReload(run *state.Run, l Local) string {
	switch {
	case Over(run, l) && l.Anew:
		return ""
	case run.Finished != nil && !l.Lost:
		return "this run is over: `belay` looks anew"
	case Over(run, l):
		return "no engine is there to look again: leave, then `belay attach " + run.ID + "`"
	case !run.Alive:
		return "belay is starting: it looks already"
	case run.Opened != nil:
		return "a run is open, and its files are fixed: the next one reads the folder again"
	}
	return ""
}

func cannotEdit(_ *state.Run, l Local) string {
	if l.Facts == nil || l.Facts.Folder == nil || len(l.Facts.Folder.Pending) == 0 {
		return "there is no pending file to edit"
	}
	return ""
}

// Attention is the step that needs a person first; "" = none does.
func Attention(run *state.Run) string {
	for _, s := range run.Steps {
		if question(run, s.ID) != nil {
			return s.ID
		}
		switch s.Status {
		case journal.Asking, journal.Failed, journal.Stale, journal.Unknown:
			if s.ID != "run" || run.Opened != nil {
				return s.ID
			}
		}
	}
	return ""
}

// Remains says what stays behind if the run is stopped now; "" = nothing does.
func Remains(run *state.Run, f *Facts) string {
	var parts []string
	done, of := progress(run, f)
	if done > 0 {
		verb := " stay applied"
		if done == 1 {
			verb = " stays applied"
		}
		parts = append(parts, itoa(done)+" of "+plural(of, "file")+verb)
	}
	switch u := run.InHand(); {
	case u != nil && u.Probed != nil && u.Probed.Outcome == journal.OutcomeRunning:
		parts = append(parts, fmt.Sprintf("pid %d works on", u.Probed.PID))
	case concurrent(run, f):
		parts = append(parts, "an INVALID index may remain")
	}
	return strings.Join(parts, "; ")
}

func concurrent(run *state.Run, f *Facts) bool {
	u := run.InHand()
	if u == nil || u.Intent.Transaction {
		return false
	}
	sql := strings.ToUpper(u.SQL)
	if sql == "" && f != nil && f.Heart != nil {
		sql = strings.ToUpper(f.Heart.SQL)
	}
	return strings.Contains(sql, "CONCURRENTLY") || (f != nil && f.Heart != nil && f.Heart.Concurrent && u.SQL == "")
}

func progress(run *state.Run, f *Facts) (done, of int) {
	for _, u := range run.Units {
		if u.Outcome == journal.OutcomeApplied {
			done++
		}
	}
	of = len(run.Units)
	if f != nil && f.Plan != nil {
		of = max(of, len(f.Plan.Units))
	}
	return done, of
}
