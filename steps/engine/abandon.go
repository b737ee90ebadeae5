package engine

import (
	"errors"
	"fmt"
	"time"

	"belay/steps"
	"belay/steps/journal"
	"belay/steps/playbook"
)

// leaving is how long an engine may take that has written its run's end: it closes its
// connections then.
const leaving = 10 * time.Second

// Abandon closes an open run by a person's word, without going on with it: its
// database may be gone for good. What of it stands stays as it is, and what nobody
// asked the database about is said. A run that an engine works on is refused.
func Abandon(k Known, by, reason string, now func() time.Time) (f journal.RunFinished, err error) {
	if !k.Open() {
		return f,
			&steps.Refused{
				Problem: "run " + k.ID + " is not open: there is nothing to abandon",
				Advice:  "`belay report " + k.ID + "` prints its story",
			}
	}
	wait := time.Duration(0)
	if k.Run.Finished != nil {
		wait = leaving
	}
	log, _, err := openWithin(wait, k.Folder, now)
	if errors.Is(err, journal.ErrHeld) {
		return f,
			&steps.Refused{Problem: "an engine works on run " + k.ID, Advice: "`belay stop " + k.ID + "` ends it first"}
	}
	if err != nil {
		return f, err
	}
	whole, err := k.Whole()
	if err != nil {
		return f, errors.Join(err, log.Close())
	}
	f = abandoned(whole, by, reason)
	for _, body := range []journal.Body{journal.RunAbandoned{Reason: reason}, f} {
		if err == nil {
			_, err = log.Append("", by, body)
		}
	}
	return f, errors.Join(err, log.Close())
}

func abandoned(k Whole, by, reason string) journal.RunFinished {
	f := journal.RunFinished{
		Exit: steps.ExitFailed, Outcome: journal.OutcomeNotApplied,
		Summary: fmt.Sprintf("abandoned by %s: %s", by, reason),
	}
	for _, u := range k.Run.Units {
		if u.Outcome == journal.OutcomeApplied {
			f.Outcome = journal.OutcomeApplied
		}
	}
	if version := k.Run.Unresolved(); version != "" {
		f.Outcome = journal.OutcomeUnknown
		f.Summary += "; what came of " + version + " was never asked"
		f.Hint = "look into the database what of " + version + " is there before anything runs again"
	} else if version := k.Run.Begun(); version != "" {
		f.Summary += "; " + version + " was begun and is not done"
		f.Hint = "look into the database what of " + version + " is there before anything runs again"
	}
	if stays := k.State.Stays(); stays != "" {
		f.Summary += "; at least " + stays
		if k.State.Filled().ID != "" && k.State.Playbook == playbook.Backfill.Name {
			f.Hint = k.State.GoOn()
		}
	}
	return f
}
