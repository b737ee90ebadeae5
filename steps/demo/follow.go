package demo

import (
	"time"

	"belay/db/apply"
	"belay/sqlview/measure"
)

// follow tells of a unit what a person would want to hear, each thing once.
func (d *Demo) follow(u apply.Unit) apply.Teller {
	said := ""
	once := func(text string) {
		if text != said {
			said = text
			d.tell(false, "%s", text)
		}
	}
	return func(e apply.Event) error {
		switch e.Kind {
		case apply.AttemptEnded:
			if e.Pause > 0 {
				d.tell(false, "attempt %d: gave up after %s behind %s, pause %s",
					e.Attempt, span(e.Waited), inFront(e.Blockers), span(e.Pause))
			}
		case apply.BuildProgress:
			once("CREATE INDEX CONCURRENTLY: " + e.Progress.Phase)
		case apply.SnapshotWait:
			once("waits for the snapshot of " + inFront(e.Blockers) + "; nobody waits for us")
		case apply.UnitApplied:
			d.tell(false, "%s is applied and recorded", u.Path)
		case apply.UnitUnknown:
			d.tell(true, "COMMIT was sent and no answer came: the outcome is unknown")
		}
		return nil
	}
}

// inFront names who stands in the way, not the shop's short requests.
func inFront(all []apply.Blocker) string {
	for _, b := range all {
		if b.Application != "shop" {
			return b.Application
		}
	}
	return "the shop's requests"
}

func span(d time.Duration) string { return measure.Duration(d.Round(10 * time.Millisecond)) }
