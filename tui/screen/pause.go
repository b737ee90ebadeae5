package screen

import (
	"belay/steps/fact"
	"belay/steps/state"
)

func cannotPause(run *state.Run, l Local) string {
	f := Filling(run, l.Facts)
	switch {
	case l.Top() == "rewrites":
		return "" // there it leaves a file out
	case run.Step(atBackfill) != nil && run.Opened == nil:
		return "it does not run yet: R starts it, then space pauses and resumes"
	case f == nil && Busy(run) && fills(run, l):
		return "no batch has begun yet: nothing is to be paused, and c stops it"
	case f == nil || !Busy(run):
		return "nothing here can be paused: no backfill runs"
	case f.State == fact.FillDone || run.InHand() != nil && run.InHand().Beside != nil:
		return "no batch runs now: nothing is to be paused, and c stops it"
	case l.Lost:
		return "the engine is gone: `belay attach " + run.ID + "` goes on from the cursor"
	case f.State == fact.FillElsewhere:
		return "it goes on elsewhere: " + f.Owner
	}
	return ""
}

// fills reports whether the unit in hand is a backfill, also before its first batch.
func fills(run *state.Run, l Local) bool {
	u := run.InHand()
	if u == nil || l.Facts == nil {
		return false
	}
	x := page{run: run, local: l, f: l.Facts}.planned(u.Version)
	return run.Step(atBackfill) != nil || x != nil && x.Batches != ""
}

func cannotPace(run *state.Run, l Local) string {
	if cannotPause(run, l) != "" {
		return "no backfill runs: there is no batch time to change"
	}
	return ""
}
